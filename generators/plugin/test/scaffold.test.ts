/** The generator as a function and as a program; what it makes is installed and run in `npm run test:real`. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { repository, temporaryFolder } from "../../../test/suites/project.ts";
import { main } from "../src/main.ts";
import { ranges } from "../src/package-files.ts";
import { readTree } from "../src/tree.ts";
import { writeInto } from "../src/write.ts";

let cwd = "";
beforeEach(() => {
  cwd = temporaryFolder("scaffold");
});
const run = async (words: string, at = cwd) => {
  let [out, err] = ["", ""];
  const code = await main(words === "" ? [] : words.split(" "), {
    cwd: at,
    print: (text) => (out += text),
    complain: (text) => (err += text),
    interactive: false,
  });
  return { code, out, err };
};
const made = async (words: string, at = cwd) => {
  const ran = await run(words, at);
  expect(ran, ran.err).toMatchObject({ code: 0, err: "" });
  return ran;
};
const read = (path: string) => readFileSync(join(cwd, path), "utf8");

/** What npm would install, from this repository. */
const linkModules = (folder: string) => {
  mkdirSync(join(folder, "node_modules/@keywright"), { recursive: true });
  for (const name of [
    "zod",
    "@types",
    "vitest",
    "@keywright/core",
    "@keywright/testkit",
    "@keywright/credentials",
    "@keywright/resources",
    "@aws-sdk",
    "@smithy",
    "keywright",
  ])
    symlinkSync(join(repository, "node_modules", name), join(folder, "node_modules", name));
};
/** Errors of the compiler: none is the empty text. */
const complaints = (folder: string, ...more: readonly string[]): string => {
  try {
    execFileSync(
      join(repository, "node_modules/.bin/tsc"),
      ["-p", "tsconfig.json", "--customConditions", "@keywright/source", ...more],
      { cwd: folder, encoding: "utf8" },
    );
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
};
const built = (folder: string) =>
  execFileSync(process.execPath, [join(repository, "packages/cli/bin/keywright.js"), "plugin", "build"], {
    cwd: folder,
    encoding: "utf8",
  });
type Named = { readonly id: string };
const manifestOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "generated/manifest.json"), "utf8")) as {
    connectors: { id: string; authMethods: Named[]; resources: { type: Named }[] }[];
    secretSchemas: Named[];
    secretStores: Named[];
    flavors: Named[];
  };

describe("a new plugin", () => {
  test("of every kind, with everything in one, compiles and has the manifest that was asked for", async () => {
    await made(
      "--id blue-sky --auth-method key-pair --auth-method device-code --resource-type shelf --resource-type blue-sky-tray",
    );
    const folder = join(cwd, "keywright-plugin-blue-sky");
    linkModules(folder);
    await made("--kind secret-schema --id blue-login", folder);
    await made("--kind flavor --id blue-folder", folder);
    await made("--kind secret-store --id blue-vault", folder);
    await made("--kind connector --id green", folder);
    await made("--kind auth-method --id sso --connector green", folder);
    await made("--kind resource-type --id lamp --connector green", folder);
    expect(complaints(folder)).toBe("");
    built(folder);
    const manifest = manifestOf(folder);
    expect(
      manifest.connectors.map(({ id, authMethods, resources }) => [
        id,
        authMethods.map((one) => one.id),
        resources.map((one) => one.type.id),
      ]),
    ).toEqual([
      ["blue-sky", ["key-pair", "device-code"], ["blue-sky-shelf", "blue-sky-tray"]],
      ["green", ["api-key", "sso"], ["green-box", "green-lamp"]],
    ]);
    expect(manifest.secretSchemas.map(({ id }) => id)).toContain("blue-login");
    expect(manifest.flavors).toMatchObject([{ id: "blue-folder", component: "artifact-store" }]);
    expect(manifest.secretStores).toMatchObject([{ id: "blue-vault" }]);
    const left = [...readTree(folder)].flatMap(([path, text]) =>
      `${path}\n${text}`.split("\n").filter((line) => /acme|gift.?box/i.test(line)),
    );
    expect(left).toEqual([]);
  }, 60_000);
  test("is the same, whenever and wherever it is made", async () => {
    await made("one --id acme-one --package keywright-plugin-acme-one");
    await made("two --id acme-one --package keywright-plugin-acme-one");
    expect(readTree(join(cwd, "one"))).toEqual(readTree(join(cwd, "two")));
  });
  test("says what it would write, and writes nothing, with --dry-run; is data with --json", async () => {
    const dry = JSON.parse((await made("--id acme-one --dry-run --json")).out) as {
      created: string[];
      written: boolean;
    };
    expect(dry).toMatchObject({ written: false, edited: [] });
    expect(readdirSync(cwd)).toEqual([]);
    const done = JSON.parse((await made("--id acme-one --json")).out) as { created: string[]; next: string[] };
    expect(done.created).toEqual(dry.created);
    expect(done.next).toContain("npm install");
    for (const path of done.created) expect(existsSync(join(cwd, "keywright-plugin-acme-one", path)), path).toBe(true);
  });
  test("keeps what an empty folder of git has", async () => {
    mkdirSync(join(cwd, "mine/.git"), { recursive: true });
    writeFileSync(join(cwd, "mine/.gitignore"), "mine\n");
    await made("mine --id acme-one");
    expect(read("mine/.gitignore")).toBe("mine\n");
    expect(existsSync(join(cwd, "mine/.git"))).toBe(true);
  });
  test("asks for the versions that this repository has", () => {
    const wanted = (name: string) =>
      JSON.parse(readFileSync(join(repository, name, "package.json"), "utf8")) as {
        version: string;
        devDependencies?: Record<string, string>;
      };
    const root = wanted(".").devDependencies ?? {};
    for (const name of ["typescript", "vitest", "@types/node"] as const) expect(ranges[name]).toBe(root[name]);
    for (const [name, folder] of [
      ["@keywright/core", "core"],
      ["@keywright/testkit", "testkit"],
      ["keywright", "cli"],
    ] as const)
      expect(ranges[name]).toBe(`^${wanted(`packages/${folder}`).version.split(".")[0]}.0.0`);
  });
});

describe("in this repository", () => {
  test("a plugin has the shape of every plugin here", async () => {
    mkdirSync(join(cwd, "plugins"));
    writeFileSync(join(cwd, "package.json"), JSON.stringify({ name: "keywright-monorepo" }));
    await made("--id teal");
    const mine = new Set(readdirSync(join(cwd, "plugins/teal")));
    for (const part of ["package.json", "README.md", "LICENSE", "tsconfig.json", "src", "test"])
      expect(mine).toContain(part);
    const described = JSON.parse(read("plugins/teal/package.json")) as {
      name: string;
      exports: Record<string, Record<string, string>>;
    };
    expect(described).toMatchObject({ name: "@keywright/teal", keywright: { manifest: "./generated/manifest.json" } });
    expect(described.exports["."]?.["@keywright/source"]).toBe("./src/index.ts");
    expect(await run("--id teal --kind connector plugins/teal")).toMatchObject({
      code: 2,
      err: expect.stringContaining("declares teal already"),
    });
  });
});

describe("what a person wrote", () => {
  test("stays byte for byte, whatever its style, but for the lines that name what is new", async () => {
    await made("mine --id acme-one");
    const folder = join(cwd, "mine");
    const path = "src/declaration/acme-one.ts";
    const styled = read(`mine/${path}`)
      .replace("authMethods: [apiKey],", "authMethods: [\n\t\tapiKey, // the first\n\t],")
      .replace('import * as z from "zod";', "import * as z from 'zod'; // as ever\n/* kept */")
      .replaceAll("\n", "\r\n");
    writeFileSync(join(folder, path), styled);
    await made("--kind auth-method --id sso", folder);
    const after = read(`mine/${path}`);
    expect(after).toContain("\t\tapiKey, // the first\r\n\t],".replace(", //", ",\r\n\t\tsso, //"));
    const added = after.split("\r\n").filter((line) => !styled.split("\r\n").includes(line));
    expect(added).toEqual(['import { sso } from "./sso.ts";', "\t\tapiKey,", "\t\tsso, // the first"]);
    expect(after.replace(/[^\r]\n/g, "")).toBe(after);
  });
  test("in a plugin that is not of our templates: the AWS plugin takes another method and another resource type", async () => {
    const folder = join(cwd, "aws");
    cpSync(join(repository, "plugins/aws"), folder, {
      recursive: true,
      filter: (path) => !/node_modules|dist$|\/test$/.test(path),
    });
    linkModules(folder);
    writeFileSync(
      join(folder, "tsconfig.json"),
      readFileSync(join(repository, "tsconfig.base.json"), "utf8")
        .replace('"skipLibCheck": true', '"skipLibCheck": true, "noEmit": true, "allowImportingTsExtensions": true')
        .replace('"rewriteRelativeImportExtensions": true,', ""),
    );
    const before = readTree(folder);
    await made("--kind auth-method --id smart-card", folder);
    await made("--kind resource-type --id queue", folder);
    expect(complaints(folder)).toBe("");
    const after = readTree(folder);
    for (const [path, text] of before) {
      const lost = text.split("\n").filter((line) => !(after.get(path) ?? "").split("\n").includes(line));
      expect(lost.length, path).toBeLessThanOrEqual(2);
    }
    expect(after.get("src/runtime/index.ts")).toMatch(/"smart-card": smartCard/);
    expect(after.get("src/runtime/methods/smart-card.ts")).toContain("is not written yet");
  }, 60_000);
  test("is undone as a whole when a write fails in the middle", () => {
    mkdirSync(join(cwd, "src"));
    writeFileSync(join(cwd, "src/a.ts"), "before");
    writeFileSync(join(cwd, "blocked"), "a file, where a folder would be");
    const changes = {
      created: new Map([["src/new.ts", "new"]]),
      edited: new Map([
        ["src/a.ts", "after"],
        ["blocked/b.ts", "b"],
      ]),
    };
    expect(() => writeInto(cwd, changes, new Map([["src/a.ts", "before"]]))).toThrow(/EEXIST|ENOTDIR/);
    expect(read("src/a.ts")).toBe("before");
    expect(readdirSync(join(cwd, "src"))).toEqual(["a.ts"]);
  });
});

describe("refused, with what to do, and nothing written", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["no id", "--kind connector", /There is no --id/],
    ["upper case", "--id Acme", /"Acme" is not an id of a connector type[^]*kebab-case/],
    ["a path", "--id ../../etc", /not an id/],
    ["a word of the language", "--id class", /a word that the code needs for itself/],
    ["too long", `--id ${"a".repeat(41)}`, /at most 40 characters/],
    ["an unknown kind", "--id a-b --kind conector", /There is no kind "conector"/],
    ["an unknown option", "--id a-b --colour red", /Unknown option '--colour'/],
    ["two folders", "one two --id a-b", /One folder is enough/],
    ["a bad package name", "--id a-b --package No!", /not the name of an npm package/],
    ["a method without a plugin", "--id a-b --kind auth-method", /added to a plugin that is there/],
    ["methods of a flavor", "--id a-b --kind flavor --auth-method key", /has no auth methods/],
    ["a folder that is not empty", "full --id a-b", /is not empty \(notes\.txt\)/],
    ["a package.json that is none", "torn --id a-b", /is no JSON/],
  ];
  test.each(cases)("%s", async (_, words, message) => {
    mkdirSync(join(cwd, "full"));
    writeFileSync(join(cwd, "full/notes.txt"), "mine");
    mkdirSync(join(cwd, "torn"));
    writeFileSync(join(cwd, "torn/package.json"), "{");
    const before = readTree(cwd);
    const refused = await run(words);
    expect(refused).toMatchObject({ code: 2, out: "", err: expect.stringMatching(message) });
    expect(refused.err.trimEnd().split("\n")).toHaveLength(2);
    expect(readTree(cwd)).toEqual(before);
  });
  test("what is there already, in a plugin", async () => {
    await made("mine --id acme-one");
    const folder = join(cwd, "mine");
    writeFileSync(join(folder, "src/declaration/taken.ts"), "mine");
    const before = readTree(folder);
    for (const [words, message] of [
      ["--kind auth-method --id api-key", /declares api-key already/],
      ["--kind auth-method --id taken", /src\/declaration\/taken\.ts is there already/],
      ["--kind auth-method --id sso --connector other", /no connector type other[^]*acme-one/],
      ["--kind resource-type", /There is no --id/],
    ] as const) {
      expect(await run(words, folder)).toMatchObject({ code: 2, err: expect.stringMatching(message) });
      expect(readTree(folder)).toEqual(before);
    }
    writeFileSync(join(folder, "src/index.ts"), "export const nothing = 1;\n");
    expect(await run("--kind secret-schema --id more-login", folder)).toMatchObject({
      code: 2,
      err: expect.stringContaining("no definePlugin"),
    });
    rmSync(join(folder, "src/index.ts"));
    expect(await run("--kind secret-schema --id more-login", folder)).toMatchObject({
      code: 2,
      err: expect.stringContaining("no src/index.ts"),
    });
  });
  test.skipIf(process.getuid?.() === 0)("a folder that cannot be written", async () => {
    chmodSync(cwd, 0o500);
    await expect(run("--id acme-one")).rejects.toThrow(/EACCES/);
  });
});
