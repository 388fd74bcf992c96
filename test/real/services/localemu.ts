/**
 * LocalEmu: policies as AWS evaluates them, on an emulator that we did not write. It listens on every address whatever it is
 * told, so it runs in a network namespace of its own; it checks neither signatures nor session tokens.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { AwsTarget } from "../../suites/target.ts";
import { createRunner, has, until } from "./service.ts";

export const realCache = (): string =>
  process.env["KEYWRIGHT_REAL_CACHE"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "keywright-real");
const program = () => join(realCache(), "localemu", "bin", "localemu");
export const hasLocalemu = (): boolean => existsSync(program()) && has("ip") && process.getuid?.() === 0;

const region = "us-east-1";
const operator = { accessKeyId: "test", secretAccessKey: "test" };

/** Query calls that the SDK clients we carry do not speak; the emulator checks no signature, but reads the scope. */
const iam = async (url: string, parameters: Record<string, string>): Promise<string> => {
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `AWS4-HMAC-SHA256 Credential=${operator.accessKeyId}/20260101/${region}/iam/aws4_request, SignedHeaders=host, Signature=0`,
      "x-amz-date": "20260101T000000Z",
    },
    body: new URLSearchParams({ Version: "2010-05-08", ...parameters }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${parameters["Action"]}: ${answer.status} ${text.slice(0, 400)}`);
  return text;
};
const inXml = (text: string, tag: string): string => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1] ?? "";

let started = 0;
export const localemuTarget = async (): Promise<AwsTarget & { readonly externalId: string }> => {
  const runner = createRunner("localemu");
  started += 1;
  const namespace = `kwle${process.pid % 10_000}${started}`;
  const net = `10.213.${(process.pid + started) % 250}`;
  const ip = (...args: string[]) => execFileSync("ip", args, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  const close = async () => {
    await runner.stop();
    try {
      ip("netns", "del", namespace);
    } catch {
      // It was never made.
    }
  };
  try {
    ip("netns", "add", namespace);
    ip("link", "add", `${namespace}h`, "type", "veth", "peer", "name", `${namespace}n`, "netns", namespace);
    ip("addr", "add", `${net}.1/24`, "dev", `${namespace}h`);
    ip("link", "set", `${namespace}h`, "up");
    for (const words of [
      ["addr", "add", `${net}.2/24`, "dev", `${namespace}n`],
      ["link", "set", `${namespace}n`, "up"],
      ["link", "set", "lo", "up"],
    ])
      ip("netns", "exec", namespace, "ip", ...words);
    runner.start("ip", ["netns", "exec", namespace, program(), "start", "--host", "0.0.0.0", "--port", "4566"], {
      IAM_ENFORCEMENT: "1",
      ROOT_ACCESS_KEYS: operator.accessKeyId,
      HOME: runner.folder,
      NO_PROXY: "*",
    });
    const url = `http://${net}.2:4566`;
    await until("LocalEmu", async () => (await fetch(url, { signal: AbortSignal.timeout(2000) })).status < 600, 60);

    const allow = (Action: string[]) =>
      JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
    await iam(url, { Action: "CreateUser", UserName: "kw" });
    await iam(url, {
      Action: "PutUserPolicy",
      UserName: "kw",
      PolicyName: "all",
      PolicyDocument: allow(["s3:*", "sts:*"]),
    });
    const made = await iam(url, { Action: "CreateAccessKey", UserName: "kw" });
    const secret = { accessKeyId: inXml(made, "AccessKeyId"), secretAccessKey: inXml(made, "SecretAccessKey") };
    const user = inXml(await iam(url, { Action: "GetUser", UserName: "kw" }), "Arn");
    const externalId = "customer-42";
    const trust = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: user },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: { "sts:ExternalId": externalId } },
        },
      ],
    });
    const makeRole = async () => {
      const role = await iam(url, { Action: "CreateRole", RoleName: "kw", AssumeRolePolicyDocument: trust });
      await iam(url, { Action: "PutRolePolicy", RoleName: "kw", PolicyName: "all", PolicyDocument: allow(["s3:*"]) });
      return inXml(role, "Arn");
    };
    const roleArn = await makeRole();
    const s3 = new S3Client({ region, endpoint: url, forcePathStyle: true, credentials: { ...operator } });
    for (const Bucket of ["models", "models-2"]) {
      await s3.send(new CreateBucketCommand({ Bucket }));
      for (const Key of ["in/a.txt", "out/b.txt"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    }
    return {
      name: "LocalEmu 1.3",
      kind: "emulator",
      externalId,
      config: { region, stsEndpoint: url, s3Endpoint: url },
      endpoints: [new URL(url).host],
      methods: {
        "iam-role": { config: { roleArn, externalId }, secret },
        "federation-token": { config: {}, secret },
        "secret-key": { config: {}, secret },
      },
      buckets: ["models", "models-2"],
      keys: async (Bucket) =>
        ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = "" }) => Key).toSorted(),
      pass: async () => undefined,
      clock: () => new Date(),
      shortest: 900,
      revoke: async (method) => {
        if (method !== "iam-role") {
          await iam(url, { Action: "DeleteUserPolicy", UserName: "kw", PolicyName: "all" });
          return async () =>
            void (await iam(url, {
              Action: "PutUserPolicy",
              UserName: "kw",
              PolicyName: "all",
              PolicyDocument: allow(["s3:*", "sts:*"]),
            }));
        }
        await iam(url, { Action: "DeleteRolePolicy", RoleName: "kw", PolicyName: "all" });
        await iam(url, { Action: "DeleteRole", RoleName: "kw" });
        return async () => void (await makeRole());
      },
      close,
    };
  } catch (error) {
    const logs = runner.logs();
    await close();
    throw new Error(`LocalEmu did not start: ${(error as Error).message}\n${logs}`, { cause: error });
  }
};
