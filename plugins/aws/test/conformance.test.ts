/** The suite that every plugin must pass, against the AWS double. */
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Access } from "@keywright/core";
import { type CloudFault, type MethodCase, type Outcome, testPlugin, type TestCloud } from "@keywright/testkit";
import { describe, it } from "vitest";
import { doubleTarget } from "../../../test/suites/aws-double-target.ts";
import plugin from "../src/index.ts";

type AwsCloud = TestCloud & { readonly target: Awaited<ReturnType<typeof doubleTarget>> };
/** Times beyond what the SDK tries again. */
const always = { times: 1000 };
const faults: Readonly<Record<CloudFault, object>> = {
  unreachable: { reset: true },
  hang: { delayMs: 3000 },
  throttled: { code: "Throttling", status: 400 },
  forbidden: { code: "AccessDenied", status: 403 },
  expired: { code: "ExpiredToken", status: 403 },
  rejected: { code: "InvalidClientTokenId", status: 403 },
  "server-error": { code: "InternalFailure", status: 500 },
  garbage: { status: 503 },
};

const cloud = async (): Promise<AwsCloud> => {
  const target = await doubleTarget();
  const { aws } = target;
  return {
    target,
    hosts: target.endpoints,
    clock: "runs",
    now: () => aws.now(),
    advance: (seconds) => aws.advance(seconds),
    fault: (how) => aws.fault({ ...faults[how], ...always }),
    requests: () => aws.calls.map(() => ({})),
    close: () => target.close(),
  };
};

const method =
  (name: string, wrongSecret?: Readonly<Record<string, string>>) =>
  ({ target }: AwsCloud): MethodCase => {
    const { config = {}, secret = null } = target.methods[name] ?? {};
    return {
      method: name.split("+")[0] ?? name,
      config: { ...target.config, ...config },
      secret,
      ...(wrongSecret && { wrongSecret: { ...secret, ...wrongSecret } }),
    };
  };
const wrongKey = { secretAccessKey: "wrong/wrong/wrong/wrong/wrong/wrong/wron" };

/** One request with an issued session, and how it ended. */
const attemptAt =
  ({ target }: AwsCloud, bucketOf: (id: string | null) => string) =>
  async (credential: Readonly<Record<string, unknown>>, access: Access, id: string | null): Promise<Outcome> => {
    const { aws } = target;
    const client = new S3Client({
      region: aws.region,
      endpoint: aws.url,
      forcePathStyle: true,
      // The double's clock is moved, and the SDK signs by the machine's.
      systemClockOffset: aws.now().getTime() - Date.now(),
      credentials: {
        accessKeyId: String(credential["accessKeyId"]),
        secretAccessKey: String(credential["secretAccessKey"]),
        ...(credential["sessionToken"] !== undefined && { sessionToken: String(credential["sessionToken"]) }),
      },
    });
    const where = { Bucket: bucketOf(id), Key: "in/a.txt" };
    try {
      await (access === "read"
        ? client.send(new GetObjectCommand(where))
        : client.send(new PutObjectCommand({ ...where, Body: "new" })));
      return "allowed";
    } catch (error) {
      return (error as Error).name.startsWith("Expired") ? "expired" : "refused";
    } finally {
      client.destroy();
    }
  };

testPlugin(plugin, {
  runner: { describe, it },
  directory: new URL("../", import.meta.url),
  cloud,
  methods: {
    "secret-key": method("secret-key", wrongKey),
    "iam-role": method("iam-role", wrongKey),
    "session-token": method("session-token", wrongKey),
    "federation-token": method("federation-token", wrongKey),
    "web-identity": method("web-identity"),
  },
  resources: {
    "s3-bucket": (one) => ({
      inside: "models",
      outside: "models-2",
      missing: "no-such-bucket",
      listed: { count: 2, last: "s3://models-2", pages: 1 },
      attempt: attemptAt(one, (id) => (id ?? "").split("/")[2] ?? ""),
    }),
    "aws-generic": (one) => ({ inside: null, attempt: attemptAt(one, () => "models") }),
  },
  skip: {
    "secret-key × aws-generic: the main credential is never shown": "slow, as the SDK tries again; s3-bucket tries it",
    "iam-role × *the main credential is never shown":
      "slow, as the SDK tries again; test/e2e/leaks.test.ts tries every method",
    "session-token × *the main credential is never shown":
      "slow, as the SDK tries again; test/e2e/leaks.test.ts tries every method",
    "federation-token × *the main credential is never shown":
      "slow, as the SDK tries again; test/e2e/leaks.test.ts tries every method",
    "web-identity × *the main credential is never shown":
      "slow, as the SDK tries again; test/e2e/leaks.test.ts tries every method",
    "* when garbage": "the double cannot answer with another's page",
    "iam-role × * when *": "the clients of secret-key, which tries them; the SDK tries again, so each takes a second",
    "session-token × * when *":
      "the clients of secret-key, which tries them; the SDK tries again, so each takes a second",
    "federation-token × * when *":
      "the clients of secret-key, which tries them; the SDK tries again, so each takes a second",
    "web-identity × * when *":
      "the clients of secret-key, which tries them; the SDK tries again, so each takes a second",
    "secret-key × aws-generic: * when *": "the clients of s3-bucket, which tries them",
    "covered: implicit": "reads the machine's surroundings; test/e2e/surroundings.test.ts tries them",
    "covered: sts-token": "hands out the stored session itself; test/e2e/s3-matrix.test.ts tries it",
    "covered: sso": "needs a dialogue first; test/e2e/s3-matrix.test.ts tries it",
    "covered: kubernetes-cluster": "needs the cluster's own API; test/e2e/aws-resources.test.ts tries it",
    "covered: docker-registry": "needs the registry's own API; test/e2e/aws-resources.test.ts tries it",
  },
});
