/** For helpers inside `run`: the credential that the running parent holds, over its endpoint. */
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { KeywrightError } from "@keywright/core/errors";
import type { Revealed } from "./helper.ts";

type Body = { kind?: string; credential?: object; expiresAt?: string | null; Message?: string };

/** `file` is private to the child of `run` and holds `{ url, token }`. */
export const fromEndpoint = (file: string): Promise<Revealed> =>
  new Promise((resolve, reject) => {
    const gone = (cause: unknown) =>
      reject(
        new KeywrightError("provider-unavailable", "The keywright run that this belongs to does not answer.", {
          hint: "Use it while that command runs.",
          cause,
        }),
      );
    try {
      const { url, token } = JSON.parse(readFileSync(file, "utf8")) as { url: string; token: string };
      get(url, { headers: { authorization: token }, timeout: 10_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          try {
            const { kind, credential, expiresAt, Message } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Body;
            if (response.statusCode === 200 && kind !== undefined && credential) {
              resolve({ kind, credential, expiresAt: expiresAt ? new Date(expiresAt) : null });
            } else
              reject(
                new KeywrightError("provider-unavailable", Message ?? "keywright run has no credential just now."),
              );
          } catch (error) {
            gone(error);
          }
        });
      }).on("error", gone);
    } catch (error) {
      gone(error);
    }
  });
