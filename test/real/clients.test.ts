/** Real clients, unmodified, through every delivery of the built command line. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedProject } from "../suites/project.ts";
import { doubleTarget } from "../suites/aws-double-target.ts";
import type { AwsTarget } from "../suites/target.ts";
import { realCache } from "./services/localemu.ts";
import { hasRadosgw, radosgwTarget } from "./services/radosgw.ts";
import { has } from "./services/service.ts";

const root = join(import.meta.dirname, "..", "..");
const bin = join(root, "packages", "cli", "bin", "keywright.js");
const aws = join(realCache(), "aws", "bin", "aws");
const python = join(realCache(), "aws", "bin", "python");
const kubectl = join(realCache(), "bin", "kubectl");

type World = {
  readonly env: Record<string, string>;
  readonly base: string;
  readonly run: (
    program: string,
    args: readonly string[],
    more?: { env?: Record<string, string>; cwd?: string },
  ) => Promise<{ code: number; out: string; err: string }>;
};
const createWorld = (): World => {
  const base = mkdtempSync(join(tmpdir(), "kwc-"));
  for (const name of ["home", "elsewhere"]) mkdirSync(join(base, name));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: join(base, "home"),
    KEYWRIGHT_HOME: join(base, "state"),
    KEYWRIGHT_KEYRING: "off",
    NO_COLOR: "1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
  };
  return {
    env,
    base,
    run: (program, args, more = {}) =>
      new Promise((resolve) => {
        const child = spawn(program, args, { cwd: more.cwd ?? sharedProject(), env: { ...env, ...more.env } });
        let out = "";
        let err = "";
        child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
        child.once("error", (error) => resolve({ code: 127, out, err: error.message }));
        child.once("close", (code) => resolve({ code: code ?? -1, out, err }));
        child.stdin.end();
      }),
  };
};
const register = async (world: World, target: AwsTarget, types: readonly string[] = []) => {
  const setup = target.methods["iam-role"];
  const config = Object.entries({ ...target.config, ...setup?.config }).map(([name, value]) => [
    "--set",
    `${name}=${String(value)}`,
  ]);
  const words = [
    "connector",
    "register",
    "prod",
    "--type",
    "aws",
    "--auth-method",
    "iam-role",
    ...config.flat(),
    ...target.endpoints.flatMap((host) => ["--allow-endpoint", host]),
    ...types.flatMap((type) => ["--resource-type", type]),
  ];
  const done = await world.run(
    process.execPath,
    [bin, ...words, "--set", `accessKeyId=${setup?.secret?.["accessKeyId"]}`, "--set", "secretAccessKey=env:GIVEN"],
    { env: { GIVEN: setup?.secret?.["secretAccessKey"] ?? "" } },
  );
  expect(done, done.out + done.err).toMatchObject({ code: 0 });
};
const keywright = async (world: World, words: readonly string[], code = 0) => {
  const done = await world.run(process.execPath, [bin, ...words]);
  expect(done.code, `${words.join(" ")}\n${done.out}${done.err}`).toBe(code);
  return done;
};
const here = (what: string, present: boolean) => {
  if (!present) expect(process.env["CI"], `${what} is missing: run test/real/install.sh`).toBeUndefined();
  return present;
};
const s3 = ["--resource-type", "s3-bucket", "--resource-id", "models"];

describe("on Ceph radosgw, with sessions of seconds", () => {
  let target: AwsTarget | null = null;
  let world: World;
  beforeAll(async () => {
    world = createWorld();
    if (!hasRadosgw()) return;
    target = await radosgwTarget();
    await register(world, target, ["s3-bucket"]);
  });
  afterAll(async () => {
    await target?.close();
    rmSync(world.base, { recursive: true, force: true });
  });

  it("the AWS CLI reads through a written profile, from any directory, and is refused one step outside", async () => {
    if (!here("radosgw", target !== null) || !here("the AWS CLI", existsSync(aws))) return;
    await keywright(world, ["connector", "login", "prod", ...s3, "--profile", "models"]);
    const cwd = join(world.base, "elsewhere");
    const ask = (...words: string[]) => world.run(aws, ["--profile", "models", ...words], { cwd });
    const read = await ask("s3", "cp", "s3://models/in/a.txt", "-");
    expect(read, read.err).toMatchObject({ code: 0, out: "in/a.txt" });
    expect((await ask("s3", "cp", "s3://models-2/in/a.txt", "-")).err).toMatch(/403|AccessDenied|Forbidden/);
    const before = await target?.keys("models");
    writeFileSync(join(cwd, "new.txt"), "x");
    const put = ["s3api", "put-object", "--bucket", "models", "--key", "in/new.txt", "--body", "new.txt"];
    // The gateway refuses with an empty message, over which this CLI stumbles: boto3 below sees the status.
    expect((await ask(...put)).code).not.toBe(0);
    expect(await target?.keys("models")).toEqual(before);
    const config = join(world.base, "home", ".aws", "config");
    expect(readFileSync(config, "utf8")).toContain("credential_process");
    await keywright(world, ["connector", "logout", "prod", ...s3]);
    expect(existsSync(config) ? readFileSync(config, "utf8") : "").not.toContain("credential_process");
  });
  it("the AWS CLI runs under run --", async () => {
    if (!here("radosgw", target !== null) || !here("the AWS CLI", existsSync(aws))) return;
    const read = await keywright(world, [
      "run",
      "--connector",
      "prod",
      ...s3,
      "--",
      aws,
      "s3",
      "cp",
      "s3://models/in/a.txt",
      "-",
    ]);
    expect(read.out).toContain("in/a.txt");
    const plain = await keywright(world, [
      "run",
      "--static",
      "--connector",
      "prod",
      ...s3,
      "--",
      aws,
      "s3",
      "cp",
      "s3://models/in/a.txt",
      "-",
    ]);
    expect(plain.out).toContain("in/a.txt");
  });
  it("boto3 outlives two expiries in one process", async () => {
    if (!here("radosgw", target !== null) || !here("boto3", existsSync(python))) return;
    const script = join(world.base, "loop.py");
    // Three sessions of 8 s: 20 s in one client.
    writeFileSync(
      script,
      `import boto3, os, time
s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"])
keys = set()
end = time.time() + 20
while time.time() < end:
    assert s3.get_object(Bucket="models", Key="in/a.txt")["Body"].read() == b"in/a.txt"
    keys.add(s3._request_signer._credentials.get_frozen_credentials().access_key)
    time.sleep(0.5)
print("KEYS", len(keys))
try:
    s3.put_object(Bucket="models", Key="in/new.txt", Body=b"x")
    print("PUT 200")
except Exception as error:
    print("PUT", error.response["ResponseMetadata"]["HTTPStatusCode"])
`,
    );
    const done = await keywright(world, ["run", "--connector", "prod", ...s3, "--ttl", "8", "--", python, script]);
    const used = Number(/KEYS (\d+)/.exec(done.out)?.[1]);
    expect(used).toBeGreaterThanOrEqual(3);
    expect(done.out).toContain("PUT 403");
    expect(await target?.keys("models")).not.toContain("in/new.txt");
  });
});

describe("on the AWS double", () => {
  let target: Awaited<ReturnType<typeof doubleTarget>>;
  let world: World;
  beforeAll(async () => {
    target = await doubleTarget();
    world = createWorld();
    target.aws.createRepository({ name: "team/app" });
    target.aws.createRepository({ name: "team/other" });
    target.aws.createCluster({
      name: "prod",
      mappedArns: { [`arn:aws:iam::${target.aws.accountId}:role/kw`]: "kw:admins" },
    });
    target.aws.createCluster({ name: "next", mappedArns: {} });
    await register(world, target);
  });
  afterAll(async () => {
    await target.close();
    rmSync(world.base, { recursive: true, force: true });
  });

  it("kubectl reaches the cluster through the exec plugin, and not the next one", async () => {
    if (!here("kubectl", existsSync(kubectl))) return;
    await keywright(world, [
      "connector",
      "login",
      "prod",
      "--resource-type",
      "kubernetes-cluster",
      "--resource-id",
      "prod",
      "--access",
      "admin",
    ]);
    const cwd = join(world.base, "elsewhere");
    const asked = await world.run(kubectl, ["auth", "whoami", "-o", "json"], { cwd });
    expect(asked, asked.err).toMatchObject({ code: 0, out: expect.stringContaining("kw:admins") });
    const config = readFileSync(join(world.base, "home", ".kube", "config"), "utf8");
    expect(config).toContain("client.authentication.k8s.io/v1");
    expect(config).not.toContain("k8s-aws-v1");
    await keywright(world, [
      "connector",
      "logout",
      "prod",
      "--resource-type",
      "kubernetes-cluster",
      "--resource-id",
      "prod",
    ]);
    expect((await world.run(kubectl, ["auth", "whoami"], { cwd })).code).not.toBe(0);
  });

  it("skopeo pushes and pulls through the docker helper, in one repository alone", async () => {
    if (!here("skopeo", has("skopeo"))) return;
    const layout = join(world.base, "image");
    makeImage(layout);
    const ask = (access: string) => [
      "--resource-type",
      "docker-registry",
      "--resource-id",
      "team/app",
      "--access",
      access,
    ];
    await keywright(world, ["connector", "login", "prod", ...ask("write")]);
    const env = {
      PATH: `${join(world.base, "state", "bin")}:${world.env["PATH"]}`,
      REGISTRY_AUTH_FILE: join(world.base, "home", ".docker", "config.json"),
    };
    const copy = (...words: string[]) => world.run("skopeo", ["--insecure-policy", "copy", ...words], { env });
    const at = (repository: string) => `docker://${target.aws.registry}/${repository}:v1`;
    const pushed = await copy("--dest-tls-verify=false", `oci:${layout}:v1`, at("team/app"));
    expect(pushed, pushed.err).toMatchObject({ code: 0 });
    expect(target.aws.repository("team/app").manifests.size).toBeGreaterThan(0);
    expect((await copy("--dest-tls-verify=false", `oci:${layout}:v1`, at("team/other"))).code).not.toBe(0);
    expect(target.aws.repository("team/other").manifests.size).toBe(0);
    const pulled = await copy("--src-tls-verify=false", at("team/app"), `oci:${join(world.base, "pulled")}:v1`);
    expect(pulled, pulled.err).toMatchObject({ code: 0 });
    await keywright(world, ["connector", "logout", "prod", ...ask("write")]);
    expect((await copy("--src-tls-verify=false", at("team/app"), `oci:${join(world.base, "again")}:v1`)).code).not.toBe(
      0,
    );
  });
});

/** A smallest OCI image: a config and no layer. https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
const makeImage = (folder: string): void => {
  const blobs = join(folder, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (value: object | Buffer, mediaType: string) => {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
    const hash = execFileSync("sha256sum", { input: bytes, encoding: "utf8" }).slice(0, 64);
    writeFileSync(join(blobs, hash), bytes);
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  const tar = execFileSync("sh", ["-c", "mkdir -p root && echo hi > root/file && tar -C root -cf - file"], {
    cwd: folder,
  });
  const layer = put(tar, "application/vnd.oci.image.layer.v1.tar");
  const config = put(
    { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [layer.digest] } },
    "application/vnd.oci.image.config.v1+json",
  );
  const manifest = put(
    { schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config, layers: [layer] },
    "application/vnd.oci.image.manifest.v1+json",
  );
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(
    join(folder, "index.json"),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [{ ...manifest, annotations: { "org.opencontainers.image.ref.name": "v1" } }],
    }),
  );
  chmodSync(folder, 0o755);
};
