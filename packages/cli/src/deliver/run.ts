/** `keywright run`: a program with a credential that renews itself for as long as the program runs. */
import { rmSync } from "node:fs";
import type { StdioOptions } from "node:child_process";
import type { Broker, Environment, GrantRequest } from "@keywright/broker";
import { KeywrightError, revealAll } from "@keywright/core";
import { awsContainerCredentials, type AwsSession } from "@keywright/credentials/render";
import { runChild } from "./child.ts";
import { type Answer, serveCredential } from "./endpoint.ts";
import { childOf, childKinds, privateFolder } from "./run-environment.ts";
import { createSource, type GrantSource, issuerOf } from "./source.ts";

export type RunHost = {
  readonly broker: Broker;
  readonly environment: Environment;
  readonly cwd: string;
  /** The child shares our terminal. */
  readonly terminal: boolean;
  readonly warn: (line: string) => void;
  readonly clock?: () => Date;
  readonly stdio?: StdioOptions;
};
export type RunOptions = {
  readonly request: GrantRequest;
  readonly static: boolean;
  readonly command: readonly string[];
};

/** SDKs wait a second. */
const answerMs = 800;
const inTime = <T>(work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = () =>
      reject(
        new KeywrightError("provider-unavailable", "The credential ended and the next one is not there yet.", {
          retryable: true,
        }),
      );
    const timer = setTimeout(late, answerMs);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });

/** What a child's SDK is told: a container's credentials, or for our own helpers the credential as it is. */
export const answerFrom = (source: GrantSource) => async (): Promise<Answer> => {
  try {
    const grant = await inTime(source.current());
    const ends = source.endsAt(grant);
    const credential = revealAll(grant.credential) as object;
    if (grant.kind !== "aws-session")
      return { status: 200, body: { kind: grant.kind, credential, expiresAt: ends?.toISOString() ?? null } };
    // Without an end SDKs would never ask again.
    return {
      status: 200,
      body: awsContainerCredentials(credential as AwsSession, ends ?? new Date(Date.now() + 3_600_000)),
    };
  } catch (error) {
    const { code, message } = KeywrightError.is(error)
      ? error
      : new KeywrightError("internal", "Keywright could not answer.");
    return { status: 503, body: { Code: code, Message: message } };
  }
};

/** The most refusals that one child's endpoint writes into the audit. */
const auditedRefusals = 20;

const check = ({ latest: { kind, credential, connector } }: GrantSource, options: RunOptions) => {
  if (!childKinds.includes(kind)) {
    throw new KeywrightError("unsupported", `run cannot hand a credential of kind ${kind} to a program.`, {
      hint: "Use keywright grant issue.",
    });
  }
  if (options.static && kind !== "aws-session") {
    throw new KeywrightError("unsupported", `There are no plain variables for ${kind}.`, {
      hint: "Leave --static out.",
    });
  }
  if (!options.static && kind === "aws-session" && credential["sessionToken"] === undefined) {
    throw new KeywrightError(
      "unsupported",
      `${connector} hands out a key without a session, which no credentials endpoint can serve.`,
      { hint: "Add --static." },
    );
  }
};

/** Resolves to the exit status once the program ended and everything made for it is gone. */
export const runWith = async (host: RunHost, options: RunOptions): Promise<number> => {
  const [command, ...args] = options.command;
  if (command === undefined)
    throw new KeywrightError("usage", "run needs a command after --.", {
      hint: "For example: keywright run --connector prod -- aws s3 ls",
    });
  // Minted before anything is announced.
  const issuer = issuerOf(host.broker, options.request, host.clock);
  const source = await createSource(issuer, { ahead: !options.static, clock: issuer.brokerNow });
  const cleanups: (() => void | Promise<void>)[] = [() => source.close()];
  try {
    check(source, options);
    const folder = privateFolder(host.broker.directory);
    const remove = () => rmSync(folder, { recursive: true, force: true });
    process.once("exit", remove);
    cleanups.push(() => void process.off("exit", remove), remove);
    let refusals = 0;
    const endpoint = options.static
      ? null
      : await serveCredential({
          answer: answerFrom(source),
          refused: (why) => {
            if (refusals++ < auditedRefusals)
              host.broker.audit.record("endpoint.refuse", source.latest.connector, { why, grant: source.latest.id });
          },
        });
    if (endpoint) cleanups.push(() => endpoint.close());
    const ends = source.endsAt(source.latest);
    if (options.static && ends)
      host.warn(
        `These variables end at ${ends.toISOString()}, and a program cannot renew them; without --static they renew themselves.`,
      );
    const environment = childOf({ environment: host.environment, folder, grant: source.latest, ends, endpoint });
    const { status, problem } = await runChild({
      command,
      args,
      environment,
      cwd: host.cwd,
      terminal: host.terminal,
      ...(host.stdio !== undefined && { stdio: host.stdio }),
    });
    if (problem !== null) host.warn(`error: ${problem}`);
    return status;
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
};
