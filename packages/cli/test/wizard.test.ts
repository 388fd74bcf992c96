import { afterAll, beforeAll, expect, test } from "vitest";
import type { Prompts } from "../src/prompts.ts";
import { createWorld, type World } from "./harness.ts";

let world: World;
beforeAll(async () => (world = await createWorld()));
afterAll(() => world.close());

type Answer = readonly [about: RegExp, answer: string];
/** Answers in order, each held against the question it is for; validates as a terminal would. */
const scripted = (answers: readonly Answer[]): Prompts & { readonly asked: string[]; readonly left: () => number } => {
  const queue = [...answers];
  const asked: string[] = [];
  const next = (message: string, check?: (answer: string) => string | undefined): string => {
    asked.push(message);
    const [about, answer] = queue.shift() ?? [/never/, ""];
    expect(message).toMatch(about);
    const wrong = check?.(answer);
    if (wrong === undefined) return answer;
    asked.push(`refused: ${wrong}`);
    return next(message, check);
  };
  return {
    asked,
    left: () => queue.length,
    select: async ({ message, choices }) => {
      const answer = next(message);
      expect(choices.map((one) => one.value)).toContain(answer);
      return answer;
    },
    selectMany: async ({ message }) => next(message).split(","),
    text: async ({ message, check, initial }) => {
      const meant = (answer: string) => (answer === "=" ? (initial ?? "") : answer);
      return meant(next(message, check && ((answer) => check(meant(answer)))));
    },
    secret: async ({ message, check }) => next(message, check),
    say: () => {},
  };
};

test("asks by schema, goes back, keeps answers after a failure, prints the command without secrets", async () => {
  const { aws, keys, roleArn } = world;
  const prompts = scripted([
    [/connect to/, "aws"],
    [/authenticate/, "secret-key"],
    [/^region/, "<"],
    [/authenticate/, "iam-role"],
    [/^region/, "eu-central-1"],
    [/^roleArn/, "nonsense"],
    [/^roleArn/, `${roleArn}x`],
    [/further settings/, "no"],
    [/Endpoints/, "yes"],
    [/^fips/, "false"],
    [/^dualStack/, "false"],
    [/^stsEndpoint/, aws.url],
    [/^s3Endpoint/, aws.url],
    [/^ecrEndpoint/, ""],
    [/^eksEndpoint/, ""],
    [/^ssoEndpoint/, ""],
    [/^minimumLifetimeSeconds/, ""],
    [/Role/, "no"],
    [/MFA/, "no"],
    [/^accessKeyId/, keys.accessKeyId],
    [/^secretAccessKey/, keys.secretAccessKey],
    [/^sessionToken/, ""],
    [/reach/, "s3-bucket"],
    [/S3 bucket alone/, "models"],
    [/called/, "-bad-"],
    [/called/, "asked"],
    // The endpoint was not allowed; then the role turns out to be another.
    [/What now/, "allow-endpoint"],
    [/What now/, "change"],
    [/Which one/, "config:roleArn"],
    [/^roleArn/, roleArn],
  ]);
  const ran = await world.run(["connector", "register", "-i"], { prompts });
  expect(ran.code, ran.err).toBe(0);
  expect(prompts.left()).toBe(0);
  expect(prompts.asked.filter((one) => one.startsWith("refused"))).toEqual([
    expect.stringContaining("roleArn must have the form"),
    expect.stringContaining("1 to 63"),
  ]);
  expect(ran.out).toMatch(/Enabled the plugin @keywright\/aws@/);
  const line = ran.out.trimEnd().split("\n").at(-1)?.trim() ?? "";
  expect(line).toContain("keywright connector register asked --type aws --auth-method iam-role --region=eu-central-1");
  expect(line).toContain("--secret-access-key=env:SECRET_ACCESS_KEY");
  expect(line).toContain("--resource-type s3-bucket --resource-id models --allow-endpoint 127.0.0.1");
  expect(line).not.toContain(keys.accessKeyId);
  // The line it printed does what the wizard did.
  await world.run(["connector", "delete", "asked", "--yes"]);
  const again = await world.run(line.split(" ").slice(1), {
    environment: { ACCESS_KEY_ID: keys.accessKeyId, SECRET_ACCESS_KEY: keys.secretAccessKey },
  });
  expect(again.code, again.err).toBe(0);
  expect((await world.run(["connector", "describe", "asked", "--json"])).json()).toMatchObject({
    connector: { resourceId: "s3://models", resourceTypes: ["s3-bucket"] },
  });
});

test("a missing secret is asked for", async () => {
  const { aws, keys, roleArn } = world;
  const prompts = scripted([
    [/^accessKeyId/, keys.accessKeyId],
    [/^secretAccessKey/, keys.secretAccessKey],
  ]);
  const ran = await world.run(
    [
      "connector",
      "register",
      "prompted",
      "--type",
      "aws",
      "-a",
      "iam-role",
      "--region=eu-central-1",
      `--role-arn=${roleArn}`,
      `--sts-endpoint=${aws.url}`,
      `--s3-endpoint=${aws.url}`,
      "-r",
      "s3-bucket",
      "--allow-endpoint",
      new URL(aws.url).host,
    ],
    { prompts },
  );
  expect(ran.code, ran.err).toBe(0);
});

test("what this machine offers is found, shown and taken", async () => {
  const { aws, keys } = world;
  const environment = {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_REGION: "eu-central-1",
  };
  const argv = [
    "connector",
    "register",
    "found",
    "--type",
    "aws",
    "--auto-configure",
    `--sts-endpoint=${aws.url}`,
    `--s3-endpoint=${aws.url}`,
    "-r",
    "s3-bucket",
    "--allow-endpoint",
    new URL(aws.url).host,
  ];
  const ran = await world.run(argv, { environment });
  expect(ran.code, ran.err + ran.out).toBe(0);
  expect(ran.out).toMatch(/found [\w-]+ in [^]*Taking [\w-]+ from/);
  expect(ran.out).not.toContain(keys.secretAccessKey);
});

test("delete asks, and no is no", async () => {
  const kept = await world.run(["connector", "delete", "found"], { prompts: scripted([[/Delete found/, "no"]]) });
  expect(kept).toMatchObject({ code: 130, err: expect.stringContaining("nothing was changed") });
  expect(await world.run(["connector", "describe", "found"])).toMatchObject({ code: 0 });
  expect(
    await world.run(["connector", "delete", "found"], { prompts: scripted([[/Delete found/, "yes"]]) }),
  ).toMatchObject({ code: 0 });
});

test("no canary in any output", () => {
  expect(world.everything()).not.toContain(world.keys.secretAccessKey);
});
