/** The packed packages, in an empty folder elsewhere, as a new user installs them. Needs a registry for what they depend on. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doubleTarget } from "../suites/aws-double-target.ts";

const root = join(import.meta.dirname, "..", "..");
const base = mkdtempSync(join(tmpdir(), "kwp-"));
const folder = join(base, "project");
const home = join(base, "home");
let target: Awaited<ReturnType<typeof doubleTarget>>;
/** What a user has: their own PATH, no conditions, no cache of ours. */
const env = () => ({
  PATH: process.env["PATH"] ?? "",
  HOME: home,
  KEYWRIGHT_HOME: join(base, "state"),
  KEYWRIGHT_KEYRING: "off",
  NO_COLOR: "1",
});
const npx = async (words: readonly string[], more: { cwd?: string; env?: Record<string, string> } = {}) => {
  const program = join(folder, "node_modules", ".bin", "keywright");
  try {
    const { stdout, stderr } = await promisify(execFile)(program, words, {
      cwd: more.cwd ?? folder,
      env: { ...env(), ...more.env },
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? -1, out: stdout, err: stderr };
  }
};

beforeAll(async () => {
  target = await doubleTarget();
  for (const one of [folder, home, join(base, "tarballs")]) mkdirSync(one, { recursive: true });
  const packages = ["packages", "plugins"].flatMap((top) =>
    readdirSync(join(root, top)).map((name) => join(root, top, name)),
  );
  for (const one of packages)
    execFileSync("npm", ["pack", "--silent", "--pack-destination", join(base, "tarballs")], {
      cwd: one,
      stdio: "ignore",
    });
  const tarballs = readdirSync(join(base, "tarballs"));
  const file = (name: string) =>
    `file:${join(base, "tarballs", tarballs.find((one) => one.startsWith(name.replace("@", "").replace("/", "-"))) ?? "")}`;
  const own = packages.map(
    (one) => (JSON.parse(readFileSync(join(one, "package.json"), "utf8")) as { name: string }).name,
  );
  // The project names what its reader would; the rest of ours comes from the tarballs instead of a registry.
  const overrides = Object.fromEntries(
    own.filter((name) => name !== "keywright" && name !== "@keywright/aws").map((name) => [name, file(name)]),
  );
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify(
      {
        name: "project",
        private: true,
        type: "module",
        dependencies: { keywright: file("keywright-1"), "@keywright/aws": file("@keywright/aws") },
        overrides,
      },
      null,
      2,
    ),
  );
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--omit=dev"], {
    cwd: folder,
    stdio: "ignore",
    env: process.env,
  });
}, 300_000);
afterAll(async () => {
  await target.close();
  rmSync(base, { recursive: true, force: true });
});

describe("in an empty folder, with the packed packages", () => {
  it("takes at most 60 MB, and no other cloud comes along", () => {
    const kilobytes = Number(
      execFileSync("du", ["-sk", join(folder, "node_modules")], { encoding: "utf8" }).split("\t")[0],
    );
    console.log(`npm install keywright @keywright/aws: ${(kilobytes / 1024).toFixed(1)} MB`);
    expect(kilobytes / 1024).toBeLessThanOrEqual(60);
    for (const name of ["@azure", "@google-cloud", "google-auth-library", "@kubernetes", "ts-morph", "node-vault"])
      expect(existsSync(join(folder, "node_modules", name)), name).toBe(false);
    for (const name of readdirSync(join(folder, "node_modules", "@keywright"))) {
      const shipped = readdirSync(join(folder, "node_modules", "@keywright", name));
      for (const part of ["LICENSE", "README.md", "package.json", "dist"]) expect(shipped, name).toContain(part);
      for (const part of ["src", "test", "tsconfig.json"]) expect(shipped, name).not.toContain(part);
    }
  });
  it("lists what is installed at once, and enables it with the first register", async () => {
    const types = await npx(["connector", "list-types", "--json"]);
    expect(types, types.err).toMatchObject({ code: 0, out: expect.stringContaining('"aws"') });
    expect((await npx(["connector", "describe-type", "aws"])).out).toContain("session-policy");
    const { stsEndpoint = "" } = target.config as { stsEndpoint?: string };
    const setup = target.methods["iam-role"];
    const words = [
      "connector",
      "register",
      "prod",
      "--type",
      "aws",
      "--auth-method",
      "iam-role",
      "--resource-type",
      "s3-bucket",
      "--region",
      "eu-central-1",
      "--role-arn",
      String(setup?.config["roleArn"]),
      "--sts-endpoint",
      stsEndpoint,
      "--s3-endpoint",
      stsEndpoint,
      "--access-key-id",
      setup?.secret?.["accessKeyId"] ?? "",
      "--secret-access-key",
      "env:GIVEN",
      ...target.endpoints.flatMap((host) => ["--allow-endpoint", host]),
    ];
    const made = await npx(words, { env: { GIVEN: setup?.secret?.["secretAccessKey"] ?? "" } });
    expect(made, made.err).toMatchObject({ code: 0 });
    expect(made.out + made.err).toContain("@keywright/aws@");
    expect((await npx(["connector", "list-resources", "prod", "--json"])).out).toContain("s3://models");
  });
  it("serves from any directory, and says what is wrong in one line", async () => {
    const request = ["--connector", "prod", "--resource-id", "s3://models"];
    const issued = await npx(["credential-process", ...request], { cwd: base });
    expect(JSON.parse(issued.out)).toMatchObject({ Version: 1, AccessKeyId: expect.stringMatching(/^ASIA/) });
    const ran = await npx(
      ["run", ...request, "--", process.execPath, "-e", "console.log(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI)"],
      { cwd: base },
    );
    expect(ran.out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    const wrong = await npx(["grant", "issue", "--connector", "prdo", "--resource-id", "models"], { cwd: base });
    expect(wrong).toMatchObject({ code: 3, err: expect.stringContaining("Did you mean prod?") });
    expect(wrong.err).not.toContain("    at ");
    const outside = await npx(["grant", "issue", "--connector", "prod", "--resource-type", "aws-generic", "--json"], {
      cwd: base,
    });
    expect(outside.code).toBe(4);
    expect(JSON.parse(outside.out)).toMatchObject({ error: { code: "out-of-scope" } });
  });
  it("is typed and callable as a library", async () => {
    // The README's own example, word for word, and then what shows that it works.
    const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1] ?? "";
    expect(example).toContain("openKeywright");
    writeFileSync(
      join(folder, "main.ts"),
      `import { GetObjectCommand } from "@aws-sdk/client-s3";
${example}
const key: string = grants.latest.credential.accessKeyId;
// @ts-expect-error another kind's field
grants.latest.credential.password;
const { Body } = await s3.send(new GetObjectCommand({ Bucket: "models", Key: "in/a.txt" }));
console.log(key.slice(0, 4), await Body?.transformToString());
await kw.close();
`,
    );
    const tsc = join(root, "node_modules", ".bin", "tsc");
    const types = ["--types", "node", "--typeRoots", join(root, "node_modules", "@types")];
    for (const how of [
      ["--module", "nodenext"],
      ["--module", "esnext", "--moduleResolution", "bundler"],
    ]) {
      execFileSync(
        tsc,
        [
          "--noEmit",
          "--strict",
          "--exactOptionalPropertyTypes",
          "--target",
          "es2024",
          "--skipLibCheck",
          "--ignoreConfig",
          ...types,
          ...how,
          "main.ts",
        ],
        { cwd: folder, stdio: "inherit" },
      );
    }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "main.ts"],
      { cwd: folder, env: env() },
    );
    expect(stdout.trim()).toBe("ASIA a");
  });
});
