/** `npm run bench`: what is fast, as ratios within one run, against the budgets of DESIGN.md §8. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createBroker } from "@keywright/broker";
import { createAwsDouble } from "@keywright/double-aws";
import { createProject } from "../suites/project.ts";
import { timeGrants } from "./grants.ts";
import { timeProcesses } from "./processes.ts";
import { makeProject } from "./project.ts";

/** Noise of a shared machine: a budget is broken when it is missed by more. */
const margin = 0.05;
const runs = Number(process.env["BENCH_RUNS"] ?? 41);
const root = resolve(import.meta.dirname, "../..");
const script = join(root, "packages/cli/bin/keywright.js");
const plugin = join(root, "plugins/aws");
// With it set, Node starts up to 2.6 times slower, which flatters every ratio.
delete process.env["NODE_EXTRA_CA_CERTS"];

execFileSync("npm", ["run", "build"], { cwd: root, stdio: "ignore" });
const folder = mkdtempSync(join(tmpdir(), "keywright-bench-"));
const home = join(folder, "home");
const environment = { KEYWRIGHT_HOME: home, KEYWRIGHT_KEYRING: "off" };
const aws = await createAwsDouble();
const anything = {
  Version: "2012-10-17" as const,
  Statement: [{ Effect: "Allow" as const, Action: "*", Resource: "*" }],
};
const user = aws.createUser({ name: "bench", policies: [anything] });
aws.createBucket({ name: "models", objects: {} });

type Row = {
  readonly what: string;
  readonly ratio: number;
  readonly limit: number;
  readonly atLeast?: true;
  readonly detail: string;
};
const rows: Row[] = [];
try {
  const broker = await createBroker({
    directory: home,
    environment,
    project: createProject(),
    builtIn: [join(root, "plugins/local")],
  });
  await broker.connectors.register({
    name: "bench",
    type: "aws",
    authMethod: "secret-key",
    config: { region: "eu-central-1", stsEndpoint: aws.url, s3Endpoint: aws.url },
    secret: { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey },
    resourceTypes: ["s3-bucket"],
    allowedEndpoints: [new URL(aws.url).host],
  });
  const request = { connector: "bench", resourceType: "s3-bucket", resourceId: "models", access: "read" };
  await broker.grants.issue(request);

  const one = makeProject(join(folder, "one"), plugin, 1);
  const twenty = makeProject(join(folder, "twenty"), plugin, 20);
  const fresh = join(folder, "fresh");
  mkdirSync(fresh);
  const base = { PATH: process.env["PATH"], HOME: folder, KEYWRIGHT_CACHE_DIR: join(folder, "cache") };
  const listing = (name: string, args: readonly string[]) => [
    { name: `${name} (1 plugin)`, args: [script, ...args], cwd: one, env: { ...base, KEYWRIGHT_HOME: fresh } },
    { name: `${name} (20 plugins)`, args: [script, ...args], cwd: twenty, env: { ...base, KEYWRIGHT_HOME: fresh } },
  ];
  const quick = ["--help", "connector list-types", "connector describe-type aws"];
  const helper = "credential-process, cached";
  const helperArguments = [
    "credential-process",
    "--home",
    home,
    "--connector",
    "bench",
    "-r",
    "s3-bucket",
    "--resource-id",
    "models",
    "--access",
    "read",
  ];
  const generator = join(root, "generators/plugin/bin/create-keywright-plugin.js");
  const scaffolded = join(folder, "scaffolded");
  const empty = () => rmSync(scaffolded, { recursive: true, force: true });
  const grown = join(folder, "grown");
  execFileSync(process.execPath, [generator, grown, "--id", "acme-one"]);
  const ungrown = () => {
    rmSync(grown, { recursive: true, force: true });
    cpSync(`${grown}-kept`, grown, { recursive: true });
  };
  cpSync(grown, `${grown}-kept`, { recursive: true });
  const bare = "node -e 0";
  const times = timeProcesses(
    [
      { name: bare, args: ["-e", "0"], cwd: one, env: base },
      ...quick.flatMap((name) => listing(name, name.split(" "))),
      {
        name: "scaffold a plugin",
        args: [generator, scaffolded, "--id", "acme-one"],
        cwd: folder,
        env: base,
        before: empty,
      },
      {
        name: "add an auth method",
        args: [generator, grown, "--kind", "auth-method", "--id", "sso"],
        cwd: folder,
        env: base,
        before: ungrown,
      },
      { name: helper, args: [script, ...helperArguments], cwd: folder, env: { ...base, KEYWRIGHT_KEYRING: "off" } },
    ],
    runs,
  );
  const time = (name: string) => times.get(name) ?? Number.NaN;
  const against = (name: string, other: string, limit: number): Row => ({
    what: `${name} / ${other}`,
    ratio: time(name) / time(other),
    limit,
    detail: `${time(name).toFixed(1)} ms / ${time(other).toFixed(1)} ms`,
  });
  for (const name of quick) {
    rows.push(
      against(`${name} (1 plugin)`, bare, 1.5),
      against(`${name} (20 plugins)`, bare, 1.5),
      against(`${name} (20 plugins)`, `${name} (1 plugin)`, 1.1),
    );
  }
  rows.push(against(helper, bare, 2));
  rows.push(against("scaffold a plugin", bare, 10), against("add an auth method", bare, 10));
  const { grants, inserts } = await timeGrants(broker, request, home);
  rows.push({
    what: "cached, audited grants / bare inserts",
    ratio: grants / inserts,
    limit: 0.5,
    atLeast: true,
    detail: `${grants.toFixed(0)}/s / ${inserts.toFixed(0)}/s`,
  });
  await broker.close();
} finally {
  await aws.close();
  rmSync(folder, { recursive: true, force: true });
}

const held = ({ ratio, limit, atLeast }: Row, slack: number) =>
  atLeast ? ratio >= limit * (1 - slack) : ratio <= limit * (1 + slack);
console.log(
  `Node ${process.version}, medians of ${runs} interleaved runs; a budget is broken beyond ${margin * 100} % of noise.\n`,
);
const width = Math.max(...rows.map(({ what }) => what.length));
for (const row of rows) {
  const verdict = held(row, 0) ? "ok" : held(row, margin) ? "ok, within noise" : "BROKEN";
  console.log(
    `${row.what.padEnd(width)}  ${row.ratio.toFixed(2).padStart(5)}  ${row.atLeast ? "≥" : "≤"} ${row.limit.toFixed(1)}  ${verdict}  (${row.detail})`,
  );
}
if (!rows.every((row) => held(row, margin))) process.exitCode = 1;
