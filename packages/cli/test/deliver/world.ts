/** An AWS double and a broker on it, with one clock for both that a test may move. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { createBroker } from "@keywright/broker";
import { createAwsDouble } from "@keywright/double-aws";
import { repository, sharedProject } from "../../../../test/suites/project.ts";

const folderOf = (name: string) => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
export { repository };
export const script = join(repository, "packages/cli/bin/keywright.js");
export const settings = {
  builtIn: [folderOf("@keywright/local")],
  project: sharedProject(),
};
const all = { Version: "2012-10-17" as const, Statement: [{ Effect: "Allow" as const, Action: "*", Resource: "*" }] };

export const createWorld = async () => {
  const folder = mkdtempSync(join(tmpdir(), "keywright-"));
  const aws = await createAwsDouble();
  const user = aws.createUser({ name: "kw", policies: [all] });
  const trust = {
    Version: "2012-10-17" as const,
    Statement: [{ Effect: "Allow" as const, Principal: { AWS: user.arn }, Action: "sts:AssumeRole" }],
  };
  const role = aws.createRole({ name: "kw", trust, policies: [all] });
  aws.createBucket({ name: "models", objects: { "a.txt": "hello" } });
  aws.createBucket({ name: "other", objects: { "a.txt": "no" } });
  aws.createRepository({ name: "team/app" });
  aws.createCluster({ name: "prod", mappedArns: { [role.arn]: "admin" } });
  let offset = 0;
  const clock = () => new Date(Date.now() + offset);
  const home = join(folder, "home");
  const environment = { KEYWRIGHT_HOME: home, KEYWRIGHT_KEYRING: "off", HOME: folder, PATH: process.env["PATH"] };
  const broker = await createBroker({ ...settings, directory: home, environment, clock });
  const endpoints = { stsEndpoint: aws.url, s3Endpoint: aws.url, ecrEndpoint: aws.url, eksEndpoint: aws.url };
  await broker.connectors.register({
    name: "prod",
    type: "aws",
    authMethod: "iam-role",
    config: { region: "eu-central-1", roleArn: role.arn, ...endpoints },
    secret: { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey },
    allowedEndpoints: [new URL(aws.url).host, new URL(aws.eksEndpoint).host],
  });
  return {
    folder,
    home,
    aws,
    broker,
    environment,
    clock,
    mainSecret: user.secretAccessKey,
    advance: (seconds: number) => {
      offset += seconds * 1000;
      aws.advance(seconds);
    },
    mints: () => broker.audit.list({ action: "grant.mint" }).length,
    close: async () => {
      await broker.close();
      await aws.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
export type World = Awaited<ReturnType<typeof createWorld>>;
export const bucket = { connector: "prod", resourceType: "s3-bucket", resourceId: "s3://models" };
