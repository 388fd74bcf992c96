/** Entry of the helper processes. The script in bin/ comes here without passing the command table. */
import { readFileSync, writeSync } from "node:fs";
import { exitCodeOf, KeywrightError } from "@keywright/core/errors";
import { credentialProcess, dockerCredential, type HelperHost, kubernetesExec } from "./helper.ts";
import { helperArguments } from "./request.ts";

const host: HelperHost = { environment: process.env, stdin: () => readFileSync(0, "utf8") };

const print = (text: string) => {
  const bytes = Buffer.from(text);
  // A pipe that is full answers EAGAIN; its reader is on the way.
  for (let from = 0; from < bytes.length;) {
    try {
      from += writeSync(1, bytes, from);
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
    }
  }
};

export const helper = async (name: string, args: readonly string[]): Promise<void> => {
  try {
    const given = helperArguments(args);
    if (name === "docker-credential") {
      const { text, exit } = await dockerCredential(given, host);
      if (text !== "") print(`${text}\n`);
      process.exitCode = exit;
    } else print(`${await (name === "kubernetes-exec" ? kubernetesExec : credentialProcess)(given, host)}\n`);
  } catch (error) {
    const { code, message, hint } = KeywrightError.is(error)
      ? error
      : new KeywrightError("internal", "Something failed that Keywright does not know.", {
          hint: "Run it again with --debug.",
        });
    process.stderr.write(
      `error: ${message.replaceAll(/\s+/g, " ")}\n${hint === undefined ? "" : `  ${hint.replaceAll(/\s+/g, " ")}\n`}`,
    );
    process.exitCode = exitCodeOf(code);
  }
};

// From source, this file is what the script starts.
if (process.argv[1]?.endsWith("helper-main.ts")) void helper(process.argv[2] ?? "", process.argv.slice(3));
