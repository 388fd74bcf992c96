import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { login, logout } from "../../src/deliver/login.ts";
import { bucket, createWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => void (world = await createWorld()));
afterAll(() => world.close());

const ecr = { connector: "prod", resourceType: "docker-registry", resourceId: "team/app" };
const eks = { connector: "prod", resourceType: "kubernetes-cluster", resourceId: "prod", access: "admin" };
const fileOf = { aws: ".aws/config", docker: ".docker/config.json", kubernetes: ".kube/config" };
let count = 0;
/** A home of its own, with or without a file in it. */
const place = (path: string, text: string | null) => {
  const home = join(world.folder, `user${++count}`);
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  if (text !== null) writeFileSync(file, text, { mode: 0o640 });
  const host = { broker: world.broker, environment: { ...world.environment, HOME: home } };
  return { file, host, read: () => readFileSync(file, "utf8") };
};

const awsFiles = {
  none: null,
  empty: "",
  plain: "[default]\nregion = us-east-1\n",
  "without a last newline": "# mine\n[profile a]\nregion=x\noutput = json",
  "with a blank end": "[profile a]\nregion = x\n\n",
  windows: "[profile a]\r\nregion = x\r\n",
};
const dockerFiles = {
  none: null,
  "an empty object": "{}",
  tabs: '{\n\t"auths": {\n\t\t"https://index.docker.io/v1/": {}\n\t},\n\t"credsStore": "pass"\n}\n',
  "two spaces": '{\n  "credHelpers": {\n    "gcr.io": "gcloud"\n  },\n  "auths": {"credHelpers": {}}\n}',
  "an empty list": '{\n  "credHelpers": {}\n}\n',
  "one line": '{"auths":{"a":{"auth":"eA=="}},"credHelpers":{"gcr.io":"gcloud"}}',
};
const cluster = "- cluster:\n    server: https://one.example\n  name: one\n";
const kubeFiles = {
  none: null,
  empty: "",
  kubectl: `apiVersion: v1\nclusters:\n${cluster}contexts:\n- context:\n    cluster: one\n    user: one\n  name: one\ncurrent-context: one\nkind: Config\npreferences: {}\nusers:\n- name: one\n  user:\n    token: abc\n`,
  indented: `# top\nclusters:\n  # the first\n  - cluster:\n      server: "https://one.example"   # quoted\n    name: one\n  # after the list\ncontexts: []\nusers:\nkind: Config\n`,
  "current last": `kind: Config\ncurrent-context: ""\ncontexts: null\nclusters:\n${cluster}users: []`,
  json: '{"kind":"Config","clusters":[{"name":"one","cluster":{"server":"https://one.example"}}],"contexts":[],"users":[]}\n',
};
const cases = [
  ...Object.entries(awsFiles).map(([name, text]) => ["aws", name, text, bucket] as const),
  ...Object.entries(dockerFiles).map(([name, text]) => ["docker", name, text, ecr] as const),
  ...Object.entries(kubeFiles).map(([name, text]) => ["kubernetes", name, text, eks] as const),
];

describe("login", () => {
  it.each(cases)("%s: is undone to the byte in a file that is %s", async (kind, _, text, request) => {
    const { file, host, read } = place(fileOf[kind], text);
    const done = await login(host, { request });
    expect(done.file).toBe(file);
    expect(read()).not.toBe(text);
    expect(read()).not.toMatch(/SecretAccessKey|k8s-aws-v1|auth": "QVdT/);
    expect(read()).not.toContain(world.mainSecret);
    for (const kept of /one\.example|# \w+|"gcr.io"|credsStore/g[Symbol.matchAll](text ?? ""))
      expect(read()).toContain(kept[0]);
    // Twice is once.
    const first = read();
    await login(host, { request });
    expect(read()).toBe(first);
    expect(statSync(file).mode & 0o777).toBe(text === null ? 0o600 : 0o640);
    await logout(host, "prod");
    if (text === null) expect(existsSync(file)).toBe(false);
    else expect(read()).toBe(text);
  });

  it.each([
    ["aws", "[profile prod]\nregion = x\n", bucket],
    ["docker", `{"credHelpers":{"REGISTRY":"pass"}}`, ecr],
    ["kubernetes", "clusters: []\ncontexts: []\nusers:\n- name: prod\n  user: {token: abc}\n", eks],
  ] as const)("%s: leaves another's entry of the same name alone", async (kind, text, request) => {
    const mine = text.replace("REGISTRY", world.aws.registry);
    const { host, read } = place(fileOf[kind], mine);
    await expect(login(host, { request })).rejects.toMatchObject({ code: "name-taken" });
    expect(read()).toBe(mine);
    await expect(logout(host, "prod")).rejects.toMatchObject({ code: "usage" });
  });

  it("refuses a profile whose keys would win", async () => {
    const { host, file } = place(fileOf.aws, "");
    writeFileSync(join(dirname(file), "credentials"), "[prod]\naws_access_key_id = AKIA\naws_secret_access_key = x\n");
    await expect(login(host, { request: bucket })).rejects.toMatchObject({ code: "name-taken" });
    await login(host, { request: bucket, profile: "other" });
    await logout(host, "prod", { profile: "other" });
  });

  it.each([
    ["aws", "[default]\nregion = a\n", bucket, (text: string) => text.replace("region = a", "region = b")],
    [
      "docker",
      '{\n\t"credsStore": "pass"\n}\n',
      ecr,
      (text: string) => `${JSON.stringify({ ...(JSON.parse(text) as object), detachKeys: "x" }, null, "\t")}\n`,
    ],
    ["kubernetes", kubeFiles.kubectl, eks, (text: string) => text.replace("token: abc", "token: abcd")],
  ] as const)("%s: what changed since stays", async (kind, text, request, change) => {
    const { file, host, read } = place(fileOf[kind], text);
    await login(host, { request });
    writeFileSync(file, change(read()));
    await logout(host, "prod");
    expect(read()).toBe(change(text));
  });

  it("takes several, and gives back one by one", async () => {
    const { file, host, read } = place(fileOf.aws, "[default]\nregion = a\n");
    await login(host, { request: bucket, profile: "one" });
    await login(host, { request: { ...bucket, access: "write" }, profile: "two" });
    await logout(host, "prod", { profile: "one" });
    expect(read()).toMatch(/^\[default\]\nregion = a\n[^]*profile two/);
    expect(read()).not.toContain("profile one");
    await logout(host, "prod");
    expect(readFileSync(file, "utf8")).toBe("[default]\nregion = a\n");
  });

  it("follows links, and leaves them links", async () => {
    const { file, host } = place(fileOf.aws, null);
    const real = join(dirname(file), "real");
    writeFileSync(real, "[default]\n");
    chmodSync(real, 0o644);
    symlinkSync("real", file);
    await login(host, { request: bucket });
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain("[profile prod]");
    expect(statSync(real).mode & 0o777).toBe(0o644);
    await logout(host, "prod");
    expect(readFileSync(real, "utf8")).toBe("[default]\n");
  });

  it("points out a docker helper that is not on PATH", async () => {
    const { host } = place(fileOf.docker, null);
    const { notes } = await login(host, { request: ecr });
    expect(notes.join("\n")).toContain(`export PATH="${world.home}/bin:$PATH"`);
    const found = await login(
      { ...host, environment: { ...host.environment, PATH: `${world.home}/bin` } },
      { request: ecr },
    );
    expect(found.notes).toEqual([]);
    await logout(host, "prod");
    expect(existsSync(join(world.home, "bin", "docker-credential-keywright"))).toBe(false);
  });
});
