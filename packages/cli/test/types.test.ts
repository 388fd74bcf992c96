/** `keywright types` and the schemas, as an editor and a compiler meet them; `keywright.json` and answers, as commands do. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { Project, ts } from "ts-morph";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { check } from "@keywright/manifest/validate";
import type { JsonSchema } from "@keywright/manifest";
import { createProject, repository, temporaryFolder } from "../../../test/suites/project.ts";
import { writeSmallPlugin } from "../../../test/suites/small-plugin.ts";
import { fileSchemas } from "../src/file-schemas.ts";
import { createWorld, mustWork, type World } from "./harness.ts";

let world: World;
let project = "";
const state = join(temporaryFolder("state"), "home");
const run = (words: string | readonly string[], cwd = project, more: Record<string, string> = {}) =>
  world.run(typeof words === "string" ? words.split(" ") : words, {
    cwd,
    environment: {
      KEYWRIGHT_HOME: state,
      KEYWRIGHT_KEYRING: "off",
      KEY: "sesame-open",
      CANARY_ID: world.keys.accessKeyId,
      CANARY_KEY: world.keys.secretAccessKey,
      ...more,
    },
  });
const put = (name: string, text: string | object) => {
  writeFileSync(join(project, name), typeof text === "string" ? text : JSON.stringify(text));
};

beforeAll(async () => {
  world = await createWorld();
  project = createProject({
    "@keywright/aws": join(repository, "plugins/aws"),
    keywright: join(repository, "packages/cli"),
  });
  const acme = await writeSmallPlugin(project, "acme");
  put("package.json", {
    name: "project",
    type: "module",
    dependencies: { "@keywright/aws": "*", keywright: "*", [acme.package]: "*" },
  });
  mkdirSync(join(project, "src"));
  await mustWork(run("connector register box --type acme -a key --key=env:KEY"));
  put(
    "prod.yaml",
    [
      "# What the wizard would ask for.",
      "name: prod",
      "type: aws",
      "authMethod: iam-role",
      "config:",
      "  region: eu-central-1",
      `  roleArn: ${world.roleArn}`,
      `  stsEndpoint: ${world.aws.url}`,
      `  s3Endpoint: ${world.aws.url}`,
      "secret:",
      "  accessKeyId: env:CANARY_ID",
      "  secretAccessKey: '@key.txt'",
      "resourceTypes: [s3-bucket]",
      "labels: { team: ml }",
      "lifetime: 1h",
      `allowEndpoints: ["${new URL(world.aws.url).host}"]`,
    ].join("\n"),
  );
  put("key.txt", world.keys.secretAccessKey);
}, 60_000);
afterAll(() => world.close());

describe("answers", () => {
  test("register without a question, from any folder; the command line stands above them", async () => {
    const saved = await run(
      [
        "connector",
        "register",
        "live",
        "--answers",
        join(project, "prod.yaml"),
        "--description",
        "From a file",
        "--json",
      ],
      temporaryFolder("else"),
    );
    // That folder is no project, but the plugin was not enabled yet: in the project it is.
    expect(saved.json()).toMatchObject({ error: { code: "type-not-found" } });
    const here = await run([
      "connector",
      "register",
      "live",
      "--answers",
      "prod.yaml",
      "--description",
      "From a file",
      "--json",
    ]);
    expect(here, here.err).toMatchObject({ code: 0 });
    expect(here.json()).toMatchObject({
      connector: {
        name: "live",
        description: "From a file",
        labels: { team: "ml" },
        resourceTypes: ["s3-bucket"],
        lifetimeSeconds: 3600,
      },
    });
    expect((await run(["connector", "register", "--answers", "prod.yaml"])).out).toContain("Registered prod");
    expect(here.out).not.toContain(world.keys.secretAccessKey);
  });
  test.each([
    ["no file", "none.yaml", null, /none\.yaml does not exist/],
    ["a folder", "src", null, /is a folder/],
    ["no YAML", "bad.yaml", "a: [", /bad\.yaml cannot be read at line 1/],
    ["a key twice", "bad.yaml", "type: aws\ntype: aws", /cannot be read at line 2[^]*unique/i],
    ["a list", "bad.yaml", "- type: aws", /must be an object/],
    ["a scalar", "bad.yaml", "aws", /must be an object/],
    ["no type", "bad.yaml", "name: x", /type is missing/],
    ["an unknown word", "bad.yaml", "type: aws\nauthmethod: iam-role", /authmethod[^]*authMethod/],
    ["a secret written down", "bad.yaml", "type: aws\nsecret: { accessKeyId: AKIAXXXX }", /secret/],
    ["not UTF-8", "bad.yaml", Buffer.from([0xff, 0xfe, 0x41]), /cannot be read/],
    ["too large", "bad.yaml", "a".repeat(1_100_000), /larger than 1 MiB/],
    [
      "an endless alias",
      "bad.yaml",
      `a: &a [x]\n${Array.from({ length: 30 }, (_, index) => `b${index}: [${"*a,".repeat(40)}]`).join("\n")}`,
      /bad\.yaml/,
    ],
  ] as const)("%s: refused in one line, nothing saved", async (_, file, text, message) => {
    if (text !== null) writeFileSync(join(project, file), text);
    const before = (await run("connector list --json")).out;
    const refused = await run(["connector", "register", "other", "--answers", file]);
    expect(refused).toMatchObject({ code: 2, out: "", err: expect.stringMatching(message) });
    expect(refused.err).not.toContain("AKIAXXXX");
    expect((await run("connector list --json")).out).toBe(before);
  });
});

describe("keywright.json", () => {
  test("names what run and grant issue take; options stand above it", async () => {
    put("keywright.json", {
      grant: { connector: "prod", resourceType: "s3-bucket", resourceId: "models", ttl: "15m" },
    });
    expect((await run("grant issue --json", join(project, "src"))).json()).toMatchObject({
      connector: "prod",
      resourceId: "s3://models",
      access: "read",
      lifetime: { seconds: 900 },
    });
    expect((await run("grant issue")).err).toMatch(/^From .*keywright\.json: prod s3-bucket models read\n$/);
    expect((await run("grant issue --access write --json")).json()).toMatchObject({
      resourceId: "s3://models",
      access: "write",
    });
    expect((await run("grant issue --connector box --resource-id acme:a --json")).json()).toMatchObject({
      connector: "box",
      resourceId: "acme:a",
    });
  });
  test.each([
    ["an unknown word", { grant: { conector: "prod" } }, /grant.*conector/],
    ["a wrong duration", { grant: { connector: "prod", ttl: "soon" } }, /ttl/],
    ["no JSON", "{", /keywright\.json cannot be read at line 1/],
  ] as const)("%s is refused by name", async (_, text, message) => {
    put("keywright.json", text);
    expect(await run("grant issue")).toMatchObject({ code: 2, err: expect.stringMatching(message) });
    put("keywright.json", {});
    expect(await run("grant issue")).toMatchObject({
      code: 2,
      err: expect.stringContaining("or name one in keywright.json"),
    });
  });
});

describe("schemas", () => {
  test("are valid, and hold for the files that are written", async () => {
    await mustWork(run("plugin add keywright-plugin-acme"));
    const lock = JSON.parse(readFileSync(join(project, "keywright-lock.json"), "utf8")) as { $schema?: string };
    expect(check(fileSchemas["keywright-lock.json"] ?? {}, lock).problems).toEqual([]);
    expect(lock.$schema).toBe("./node_modules/keywright/schemas/keywright-lock.json");
    expect(existsSync(join(project, lock.$schema ?? ""))).toBe(true);
    for (const [name, schema] of Object.entries(fileSchemas))
      expect(JSON.parse(readFileSync(join(repository, "packages/cli/schemas", name), "utf8")), name).toMatchObject(
        JSON.parse(JSON.stringify(schema)) as object,
      );
  });
  test("of the answers knows every method of the plugins that are here", async () => {
    const schema = (await run("schema answers")).json<JsonSchema & { oneOf: JsonSchema[] }>();
    expect(schema.oneOf).toHaveLength(9);
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: { uri: true, "date-time": true } });
    for (const word of ["x-order", "x-group"]) ajv.addKeyword(word);
    const fits = ajv.compile(schema);
    expect(fits({ type: "acme", authMethod: "key", secret: { key: "env:KEY" } })).toBe(true);
    expect(fits({ type: "acme", authMethod: "key", secret: { key: "plain" } })).toBe(false);
    expect(fits({ type: "acme", authMethod: "kee", secret: { key: "env:KEY" } })).toBe(false);
    expect(fits({ type: "aws", authMethod: "implicit", config: { region: "eu-central-1" } })).toBe(true);
    expect(fits({ type: "aws", authMethod: "implicit", config: { regio: "eu-central-1" } })).toBe(false);
    expect(await run("schema anwers")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean answers?"),
    });
    for (const name of ["configuration", "lock", "manifest"])
      expect((await run(["schema", name])).json()).toHaveProperty("$schema");
  });
});

describe("types", () => {
  const file = () => join(project, "src", "program.ts");
  /** As an editor has it: the program, what `keywright types` wrote, and the SDK's own types. */
  const editor = (program: string) => {
    const opened = new Project({
      compilerOptions: {
        strict: true,
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        lib: ["lib.es2024.d.ts"],
        module: ts.ModuleKind.NodeNext,
        skipLibCheck: true,
        types: ["node"],
        typeRoots: [join(repository, "node_modules/@types")],
        customConditions: ["@keywright/source"],
        allowImportingTsExtensions: true,
      },
    });
    opened.addSourceFileAtPath(join(project, "src", "keywright.d.ts"));
    opened.createSourceFile(file(), program, { overwrite: true });
    return opened.getLanguageService().compilerObject;
  };
  const start = `import { openKeywright } from "keywright";\nconst kw = await openKeywright();\n`;
  const complaints = (body: string) => {
    const program = editor(`${start}${body}`);
    return [...program.getSyntacticDiagnostics(file()), ...program.getSemanticDiagnostics(file())].map(
      ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "),
    );
  };

  test("are written from the state and the manifests, say when they are current, and are listed on demand", async () => {
    const written = await run("types");
    expect(written, written.err).toMatchObject({ code: 0, out: "3 connectors in src/keywright.d.ts.\n" });
    expect(readFileSync(join(project, "src/keywright.d.ts"), "utf8")).not.toContain("s3://other");
    expect((await run("types --check")).code).toBe(0);
    await mustWork(run("types --list"));
    expect(readFileSync(join(project, "src/keywright.d.ts"), "utf8")).toContain(
      `"s3://models" | "s3://other" | (string & {})`,
    );
    expect(await run("types --check")).toMatchObject({ code: 1, out: expect.stringContaining("not current") });
    expect(await run("types --output src/types.ts")).toMatchObject({ code: 2, err: expect.stringContaining(".d.ts") });
    expect(await run("types --output none/x.d.ts")).toMatchObject({
      code: 2,
      err: expect.stringContaining("cannot be written"),
    });
    put("keywright.json", { types: { output: "src/other.d.ts" } });
    expect((await run("types")).out).toContain("src/other.d.ts");
    put("keywright.json", { types: { output: "../outside.d.ts" } });
    expect(await run("types")).toMatchObject({ code: 2, err: expect.stringContaining("outside its folder") });
    put("keywright.json", {});
  });
  test("complete names, resource types, levels and ids", () => {
    const completed = (body: string) => {
      const text = `${start}${body}`;
      const at = text.indexOf("|");
      const found = editor(text.replace("|", "")).getCompletionsAtPosition(file(), at, {});
      return found?.entries.map(({ name }) => name);
    };
    expect(completed(`await kw.grants({ connector: "pr|" });`)).toEqual(["box", "live", "prod"]);
    expect(completed(`await kw.grants({ connector: "prod", resourceType: "|" });`)).toEqual(["s3-bucket"]);
    expect(completed(`await kw.grants({ connector: "prod", resourceType: "s3-bucket", access: "|" });`)).toEqual([
      "read",
      "write",
    ]);
    expect(completed(`await kw.grants({ connector: "prod", resourceType: "s3-bucket", resourceId: "|" });`)).toEqual([
      "s3://models",
      "s3://other",
    ]);
  }, 60_000);
  test("a wrong name, resource type or level does not compile, and what is right has its own credential", () => {
    expect(
      complaints(`
        const s3 = await kw.grants({ connector: "prod", resourceType: "s3-bucket", resourceId: "models", access: "write" });
        const key: string = s3.latest.credential.accessKeyId;
        const box = await kw.grants({ connector: "box", resourceType: "acme-box", resourceId: "acme:one" });
        const token: string = box.latest.credential.token.reveal();
        export { key, token };
      `),
    ).toEqual([]);
    for (const [body, message] of [
      [`await kw.grants({ connector: "prd", resourceType: "s3-bucket" });`, /"prd"/],
      [`await kw.grants({ connector: "prod", resourceType: "acme-box" });`, /"acme-box"/],
      [`await kw.grants({ connector: "box", resourceType: "acme-box", access: "write" });`, /"write"/],
      [`await kw.grants({ connector: "box", resourceType: "acme-box", acess: "read" });`, /acess/],
      [`(await kw.grants({ connector: "box", resourceType: "acme-box" })).latest.credential.tokn;`, /tokn/],
    ] as const)
      expect(complaints(body).join(), body).toMatch(message);
  }, 60_000);
});
