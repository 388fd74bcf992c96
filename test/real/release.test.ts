/**
 * A release, rehearsed: a clone, changesets, versions, a build, a registry of our own, and somebody who installs from it. Each
 * step says what is released, and holds everything else to what it was.
 */
import { execFile, execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { doubleTarget } from "../suites/aws-double-target.ts";
import { publishedFolders, type Registry, startVerdaccio } from "./services/verdaccio.ts";

const root = join(import.meta.dirname, "..", "..");
const base = mkdtempSync(join(tmpdir(), "kwr-"));
const clone = join(base, "clone");
let registry: Registry;
let target: Awaited<ReturnType<typeof doubleTarget>>;

const bin = join(root, "node_modules", ".bin");
const environment = () => ({
  ...process.env,
  ...registry.environment,
  PATH: `${bin}:${process.env["PATH"] ?? ""}`,
  GIT_AUTHOR_NAME: "release",
  GIT_AUTHOR_EMAIL: "release@example.com",
  GIT_COMMITTER_NAME: "release",
  GIT_COMMITTER_EMAIL: "release@example.com",
  TURBO_TELEMETRY_DISABLED: "1",
  CI: "true",
});
const run = (program: string, ...words: readonly string[]) =>
  promisify(execFile)(program, words, { cwd: clone, env: environment(), maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: Error & { readonly stdout?: string; readonly stderr?: string }) => {
      throw Object.assign(error, { message: `${error.message}\n${error.stdout ?? ""}\n${error.stderr ?? ""}` });
    },
  );
const fails = async (program: string, ...words: readonly string[]): Promise<string> => {
  try {
    await run(program, ...words);
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return stdout + stderr;
  }
  throw new Error(`${words.join(" ")} went well.`);
};
const source = ["--disable-warning=ExperimentalWarning", "--conditions=@keywright/source"];

type Described = { readonly name: string; readonly version: string };
const described = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Described;
const versions = () =>
  Object.fromEntries(publishedFolders(clone).map((folder) => [described(folder).name, described(folder).version]));
const manifests = () =>
  Object.fromEntries(
    publishedFolders(clone).map((folder) => [
      relative(clone, folder),
      readFileSync(join(folder, "package.json"), "utf8"),
    ]),
  );
const changeset = (name: string, size: string) =>
  writeFileSync(
    join(clone, ".changeset", `rehearsal-${Date.now()}.md`),
    `---\n"${name}": ${size}\n---\n\nA rehearsal.\n`,
  );
const commit = async (message: string) => {
  await run("git", "add", "--all");
  await run("git", "commit", "--quiet", "--message", message);
};
/** What `npm run release:version` does; the lock file is the last step's, and needs the registry. */
const raise = async () => {
  await run(join(bin, "changeset"), "version");
  await run(process.execPath, ...source, "generators/release/main.ts", "--snapshot");
  await commit("Version packages");
};
const publish = async (): Promise<readonly string[]> => {
  const before = await published();
  await run(join(bin, "turbo"), "run", "build");
  await run(join(bin, "changeset"), "publish", "--no-git-tag");
  const after = await published();
  return after.filter((one) => !before.includes(one));
};
const published = async (): Promise<readonly string[]> => {
  const all = await Promise.all(
    Object.keys(versions()).map(async (name) =>
      (await registry.versionsOf(name)).map((version) => `${name}@${version}`),
    ),
  );
  return all.flat().toSorted();
};
const changedBetween = (before: Record<string, string>, after: Record<string, string>) =>
  Object.keys(after).filter((name) => before[name] !== after[name]);

beforeAll(async () => {
  [registry, target] = await Promise.all([startVerdaccio(), doubleTarget()]);
  execFileSync("git", ["clone", "--quiet", root, clone]);
  // Installed as it is here, but that our own packages are the clone's.
  mkdirSync(join(clone, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules")).filter(
    (one) => one !== "@keywright" && one !== "keywright" && one !== "create-keywright-plugin",
  ))
    symlinkSync(join(root, "node_modules", name), join(clone, "node_modules", name));
  mkdirSync(join(clone, "node_modules", "@keywright"));
  for (const folder of [
    ...publishedFolders(clone),
    ...["manifest", "docs", "release"].map((name) => join(clone, "generators", name)),
    join(clone, "test"),
    join(clone, "test/doubles/aws"),
  ])
    symlinkSync(folder, join(clone, "node_modules", described(folder).name));
}, 120_000);
afterAll(async () => {
  await target.close();
  await registry.close();
  rmSync(base, { recursive: true, force: true });
});

test("the first release publishes every package once, and the next run nothing", async () => {
  await raise();
  const first = await publish();
  expect(first).toEqual(
    Object.entries(versions())
      .map(([name, version]) => `${name}@${version}`)
      .toSorted(),
  );
  expect(first.length).toBeGreaterThanOrEqual(11);
  expect(await publish()).toEqual([]);
  for (const name of readdirSync(join(clone, "plugins")))
    expect(existsSync(join(clone, "plugins", name, "released/manifest.json")), name).toBe(true);
}, 240_000);

test("a fix in one plugin releases that plugin alone", async () => {
  const before = manifests();
  changeset("@keywright/aws", "patch");
  await raise();
  expect(changedBetween(before, manifests())).toEqual(["plugins/aws"]);
  expect(await publish()).toEqual([`@keywright/aws@${versions()["@keywright/aws"] ?? ""}`]);
}, 120_000);

test("a minor of core releases no plugin", async () => {
  const before = manifests();
  changeset("@keywright/core", "minor");
  await raise();
  expect(changedBetween(before, manifests())).toEqual(["packages/core"]);
  expect(await publish()).toEqual([`@keywright/core@${versions()["@keywright/core"] ?? ""}`]);
}, 120_000);

test("a contract that broke since the last release asks for a major changeset", async () => {
  const check = [...source, "generators/release/main.ts"];
  await run(process.execPath, ...check);
  const path = join(clone, "plugins/aws/src/declaration/aws.ts");
  writeFileSync(
    path,
    readFileSync(path, "utf8")
      .replace(/^ {4}fips: .*$/m, "")
      .replace(".max(40)", ".max(10)"),
  );
  await run(process.execPath, ...source, "generators/manifest/main.ts", "plugins/aws");
  const refused = await fails(process.execPath, ...check);
  expect(refused).toContain("@keywright/aws needs a major changeset: npm run changeset");
  expect(refused).toMatch(/aws iam-role config fips: the field was removed/);
  expect(refused).toMatch(/regions: maxItems changed from 40 to 10/);
  changeset("@keywright/aws", "minor");
  expect(await fails(process.execPath, ...check)).toContain("and has a minor one");
  changeset("@keywright/aws", "major");
  await run(process.execPath, ...check);
  await run("git", "checkout", "--quiet", ".");
  await run("git", "clean", "--quiet", "--force", ".changeset");
}, 60_000);

test("somebody installs the command line and one plugin, takes a grant, and has no other cloud's code", async () => {
  const folder = join(base, "project");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: join(base, "home"),
    KEYWRIGHT_HOME: join(base, "state"),
    KEYWRIGHT_KEYRING: "off",
    NO_COLOR: "1",
    ...registry.environment,
  };
  mkdirSync(env.HOME);
  await promisify(execFile)("npm", ["install", "--omit=dev", "keywright", "@keywright/aws"], { cwd: folder, env });
  const setup = target.methods["iam-role"];
  const secret = setup?.secret as { accessKeyId: string; secretAccessKey: string };
  const keywright = async (words: readonly string[]) =>
    (
      await promisify(execFile)(join(folder, "node_modules/.bin/keywright"), words, {
        cwd: folder,
        env: { ...env, KEY_ID: secret.accessKeyId, KEY: secret.secretAccessKey },
      })
    ).stdout;
  const config = Object.entries({ ...target.config, ...setup?.config }).map(([name, value]) => [
    "--set",
    `${name}=${String(value)}`,
  ]);
  await keywright([
    "connector",
    "register",
    "prod",
    "--type",
    "aws",
    "-a",
    "iam-role",
    "-r",
    "s3-bucket",
    ...config.flat(),
    "--access-key-id=env:KEY_ID",
    "--secret-access-key=env:KEY",
    ...target.endpoints.flatMap((one) => ["--allow-endpoint", one]),
  ]);
  const listed = JSON.parse(await keywright(["connector", "list-resources", "prod", "--json"])) as {
    resourceId: string;
  }[];
  const grant = JSON.parse(
    await keywright(["grant", "issue", "--connector", "prod", "--resource-id", listed[0]?.resourceId ?? "", "--json"]),
  ) as { kind: string; confinement: object };
  expect(grant).toMatchObject({ kind: "aws-session", confinement: { to: "resource", by: "session-policy" } });
  // The files that people write, read by what is published.
  writeFileSync(
    join(folder, "keywright.json"),
    JSON.stringify({ grant: { connector: "prod", resourceId: listed[0]?.resourceId } }),
  );
  expect(JSON.parse(await keywright(["grant", "issue", "--json"]))).toMatchObject({ connector: "prod" });
  const answers = {
    type: "aws",
    authMethod: "iam-role",
    config: { ...target.config, ...setup?.config },
    secret: { accessKeyId: "env:KEY_ID", secretAccessKey: "env:KEY" },
    allowEndpoints: target.endpoints,
  };
  writeFileSync(join(folder, "answers.json"), JSON.stringify(answers));
  expect(await keywright(["connector", "register", "again", "--answers", "answers.json"])).toContain(
    "Registered again",
  );
  expect(await keywright(["plugin", "verify"])).toMatch(/@keywright\/aws \S+ {2}as it was recorded/);
  const modules = readdirSync(join(folder, "node_modules"));
  for (const name of [
    "@azure",
    "@google-cloud",
    "google-auth-library",
    "@kubernetes",
    "ts-morph",
    "node-vault",
    "vitest",
    "typescript",
  ])
    expect(modules, name).not.toContain(name);
}, 120_000);
