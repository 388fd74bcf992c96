/** `npm start`: the main job, end to end, on a cloud that lives on loopback. Every line is a result that was just obtained. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, styleText } from "node:util";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createS3Client } from "@keywright/aws/clients/s3";
import { createAwsDouble } from "@keywright/double-aws";
import { createProject } from "../suites/project.ts";
import { openKeywright } from "keywright";

const { values } = parseArgs({ options: { "no-color": { type: "boolean" } } });
const colour = process.stdout.isTTY && !process.env["NO_COLOR"] && !values["no-color"];
const paint = (style: Parameters<typeof styleText>[0], text: string) => (colour ? styleText(style, text) : text);
const step = (text: string) => console.log(`\n${paint("bold", text)}`);
const yes = (text: string) => console.log(`  ${paint("green", "✓")} ${text}`);
const refused = (text: string) => console.log(`  ${paint("yellow", "✗")} ${text}`);
const note = (text: string) => console.log(paint("dim", `    ${text}`));

/** What a call came to: the text of an object, or how the service refused. */
const outcome = async (work: Promise<object>): Promise<string> => {
  try {
    const { Body } = (await work) as { Body?: { transformToString(): Promise<string> } };
    return JSON.stringify((await Body?.transformToString()) ?? "done");
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${name} (${$metadata?.httpStatusCode ?? "no answer"})`;
  }
};

const started = performance.now();
const aws = await createAwsDouble();
const directory = mkdtempSync(join(tmpdir(), "keywright-demo-"));
const kw = await openKeywright({
  directory,
  project: createProject(),
  // The demonstration moves this clock; the SDK's own stays where it is.
  clock: () => aws.now(),
  environment: { ...process.env, KEYWRIGHT_KEY: "", KEYWRIGHT_KEYRING: "off" },
});
try {
  step("An AWS on loopback");
  const user = aws.createUser({
    name: "broker",
    policies: [{ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Resource: "*" }] }],
  });
  const role = aws.createRole({
    name: "data",
    trust: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: user.arn }, Action: "sts:AssumeRole" }],
    },
    policies: [{ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] }],
  });
  aws.createBucket({ name: "models", objects: { "weights.txt": "0.1 0.2 0.3" } });
  aws.createBucket({ name: "payroll", objects: { "salaries.txt": "none of your business" } });
  yes(`${aws.url}: account ${aws.accountId}, user ${user.arn}, role ${role.arn}, which may do everything in S3`);

  step("Register a connector: the key of the user goes in, and never comes out");
  const { connector, enabled } = await kw.broker.connectors.register(
    {
      name: "demo",
      type: "aws",
      authMethod: "iam-role",
      resourceTypes: ["s3-bucket"],
      config: { region: aws.region, roleArn: role.arn, stsEndpoint: aws.url, s3Endpoint: aws.url },
      secret: { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey },
      allowedEndpoints: [new URL(aws.url).host],
    },
    {
      onCheck: (check) =>
        check.ok
          ? yes(`${check.step}: ${check.tried}${check.detail === undefined ? "" : ` → ${check.detail}`}`)
          : refused(`${check.step}: ${check.detail}`),
    },
  );
  yes(`saved ${connector.name} (${connector.id})${enabled === null ? "" : `, enabled ${enabled}`}`);

  step("What it reaches");
  for await (const row of kw.broker.resources.list({ connector: "demo" })) {
    if ("error" in row) refused(`${row.resourceType}: ${row.error.message}`);
    else yes(`${row.resourceType}  ${row.resourceId}  ${row.label ?? ""}`);
  }

  step("Ask for one bucket, to read");
  const grants = await kw.grants({
    connector: "demo",
    resourceType: "s3-bucket",
    resourceId: "models",
    access: "read",
    ttlSeconds: 900,
  });
  const grant = grants.latest;
  yes(
    `grant ${grant.id}: ${grant.access} on ${grant.resourceId} for ${grant.lifetime.seconds} s (decided by: ${grant.lifetime.decidedBy})`,
  );
  yes(
    `confined to the ${grant.confinement?.to} by a ${grant.confinement?.by}; key ${grant.credential.accessKeyId}, secret ${String(grant.credential.secretAccessKey)}`,
  );

  step("Use it with the AWS SDK as it is");
  const s3 = createS3Client(grants);
  yes(
    `read  s3://models/weights.txt → ${await outcome(s3.send(new GetObjectCommand({ Bucket: "models", Key: "weights.txt" })))}`,
  );
  const before = [...aws.bucket("models").objects.keys()].join(", ");
  refused(
    `write s3://models/new.txt → ${await outcome(s3.send(new PutObjectCommand({ Bucket: "models", Key: "new.txt", Body: "x" })))}`,
  );
  note(`the bucket held ${before}, and holds ${[...aws.bucket("models").objects.keys()].join(", ")}`);
  refused(
    `read  s3://payroll/salaries.txt → ${await outcome(s3.send(new GetObjectCommand({ Bucket: "payroll", Key: "salaries.txt" })))}`,
  );
  const wide = await kw.grants({
    connector: "demo",
    resourceType: "s3-bucket",
    resourceId: "payroll",
    access: "read",
    ttlSeconds: 900,
  });
  const neighbour = createS3Client(wide);
  note(
    `the role may: a grant for payroll, from the same connector, reads it → ${await outcome(neighbour.send(new GetObjectCommand({ Bucket: "payroll", Key: "salaries.txt" })))}`,
  );
  neighbour.destroy();

  step("Move the clock of the cloud and of the broker 16 minutes on; the SDK's own stays");
  const { accessKeyId, secretAccessKey, sessionToken } = grant.credential;
  const old = new S3Client({
    region: aws.region,
    endpoint: aws.url,
    forcePathStyle: true,
    credentials: {
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      ...(sessionToken && { sessionToken: sessionToken.reveal() }),
    },
  });
  aws.advance(16 * 60);
  note(
    `here it is ${new Date().toISOString()}, there ${aws.now().toISOString()}; the grant ended ${grant.expiresAt?.toISOString()}`,
  );
  refused(
    `the old credential reads s3://models/weights.txt → ${await outcome(old.send(new GetObjectCommand({ Bucket: "models", Key: "weights.txt" })))}`,
  );
  aws.calls.length = 0;
  yes(
    `the client from before reads it → ${await outcome(s3.send(new GetObjectCommand({ Bucket: "models", Key: "weights.txt" })))}`,
  );
  const refusals = aws.calls.filter(
    ({ service, errorCode }) => service === "s3" && errorCode === "ExpiredToken",
  ).length;
  const again = aws.calls.filter(({ action, status }) => action === "AssumeRole" && status === 200).length;
  note(
    `it was refused ${refusals} time(s), had ${again} session minted, and carried on with grant ${grants.latest.id}`,
  );

  step("What is on record");
  const sessions = [...new Set(aws.calls.flatMap(({ sessionName }) => sessionName ?? []))];
  const proof = kw.broker.audit.verify();
  yes(`${proof.rows} audit rows, chain whole; the cloud's log names the sessions ${sessions.join(", ")}`);
  for (const row of kw.broker.audit.list({ limit: 4 }))
    note(
      `${new Date(row.at).toISOString()} ${row.actor} ${row.action} ${row.outcome}${row.grant === null ? "" : ` ${row.grant}`}`,
    );
  old.destroy();
  s3.destroy();
} finally {
  await kw.close();
  await aws.close();
}

step(
  `Done in ${((performance.now() - started) / 1000).toFixed(1)} s. State is in ${directory}; nothing else was left.`,
);
console.log(`
The same on your own account, in an empty folder:

  npm install keywright @keywright/aws
  npx keywright connector register prod --type aws --auto-configure
  npx keywright connector list-resources prod
  npx keywright connector describe prod -r s3-bucket --resource-id s3://YOUR-BUCKET  # the grant that would come
  npx keywright run --connector prod --resource-type s3-bucket --resource-id s3://YOUR-BUCKET -- aws s3 ls s3://YOUR-BUCKET
`);
