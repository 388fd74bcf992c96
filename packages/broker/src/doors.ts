/** The doors out of the broker: to hosts the type or the operator names, and to programs the operator named. */
import { spawn } from "node:child_process";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { KeywrightError, type Network } from "@keywright/core";

/** `host`, `host:port` or `*.suffix`. */
const allows = (pattern: string, host: string, port: number): boolean => {
  const [, name = pattern, wanted] = /^(.*?)(?::(\d+))?$/.exec(pattern) ?? [];
  if (wanted !== undefined && Number(wanted) !== port) return false;
  return name.startsWith("*.")
    ? host.endsWith(name.slice(1)) && host.length > name.length - 1
    : host === name.replaceAll(/^\[|\]$/g, "");
};

export const isAllowed = (allowed: readonly string[], host: string, port: number): boolean =>
  allowed.some((pattern) => allows(pattern.toLowerCase(), host.toLowerCase().replaceAll(/^\[|\]$/g, ""), port));

export const createNetwork = (
  allowed: readonly string[],
  connector: string,
): Network & { readonly close: () => void } => {
  const check = (host: string, port: number) => {
    if (isAllowed(allowed, host, port)) return;
    throw new KeywrightError("endpoint-not-allowed", `${host}:${port} is not an address that ${connector} may dial.`, {
      hint: `If you trust it: keywright connector update ${connector} --allow-endpoint ${host}:${port}`,
      data: { host, port },
    });
  };
  const guarded = <A extends HttpAgent>(agent: A, standard: number): A => {
    const open = agent.createConnection.bind(agent);
    agent.createConnection = (options, callback) => {
      check(options.host ?? "localhost", Number(options.port ?? standard));
      return open(options, callback);
    };
    return agent;
  };
  const httpAgent = guarded(new HttpAgent({ keepAlive: true }), 80);
  const httpsAgent = guarded(new HttpsAgent({ keepAlive: true }), 443);
  return {
    httpAgent,
    httpsAgent,
    // A redirect is another address: it is handed back, not followed.
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      check(url.hostname, Number(url.port || (url.protocol === "http:" ? 80 : 443)));
      return fetch(input, { ...init, redirect: "manual" });
    },
    connect: (host, port) =>
      new Promise<Duplex>((resolve, reject) => {
        check(host, port);
        const socket = connect({ host, port }, () => resolve(socket)).once("error", reject);
      }),
    close: () => {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
};

const mostOutput = 65_536;
/** Runs one of the programs that the operator allowed, word for word; its output is cut off at 64 KiB. */
export const runAllowed = (
  allowed: readonly string[],
  connector: string,
  command: string,
  signal: AbortSignal,
): Promise<string> =>
  new Promise((resolve, reject) => {
    if (!allowed.includes(command)) {
      reject(
        new KeywrightError("command-not-allowed", `${connector} may not run: ${command}`, {
          hint: `If you trust it: keywright connector update ${connector} --allow-command ${JSON.stringify(command)}`,
          data: { command },
        }),
      );
      return;
    }
    const child = spawn(command, {
      shell: true,
      stdio: ["ignore", "pipe", "ignore"],
      detached: process.platform !== "win32",
    });
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = () => {
      try {
        if (child.pid !== undefined) process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
      // What left the group may hold the pipe: nobody waits for it.
      child.stdout.destroy();
    };
    const failed = (message: string, hint: string) =>
      reject(new KeywrightError("provider-unavailable", `The allowed command of ${connector} ${message}.`, { hint }));
    signal.addEventListener("abort", stop, { once: true });
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > mostOutput) stop();
      else chunks.push(chunk);
    });
    child.once("error", () => failed("could not be started", `Run it by hand: ${command}`));
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      if (size > mostOutput) failed("printed more than 64 KiB", "It must print one JSON document.");
      else if (signal.aborted)
        reject(new KeywrightError("deadline-exceeded", `The allowed command of ${connector} did not end in time.`));
      else if (code !== 0) failed(`ended with status ${code}`, `Run it by hand: ${command}`);
      else resolve(Buffer.concat(chunks).toString("utf8"));
    });
    if (signal.aborted) stop();
  });
