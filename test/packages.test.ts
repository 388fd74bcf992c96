/** What is published: what is in each package, how it is described, and that every export resolves, for a compiler and for Node. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { beforeAll, describe, expect, test } from "vitest";
import { repository, temporaryFolder } from "./suites/project.ts";

type Described = {
  readonly name: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly keywords?: readonly string[];
  readonly repository?: { readonly url?: string; readonly directory?: string };
  readonly publishConfig?: object;
  readonly engines?: { readonly node?: string };
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
};
const read = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Described;
const packages = ["packages", "plugins", "generators"]
  .flatMap((top) => readdirSync(join(repository, top)).map((name) => join(repository, top, name)))
  .filter((folder) => existsSync(join(folder, "package.json")))
  .map((folder) => ({ folder, ...read(folder) }))
  .filter((one) => one.private !== true);
const named = packages.map((one) => [one.name, one] as const);

type Packed = {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
};
const tarballs = temporaryFolder("tarballs");
let packed: readonly Packed[] = [];
beforeAll(() => {
  const folders = packages.map(({ folder }) => `./${relative(repository, folder)}`);
  const said = execFileSync("npm", ["pack", "--json", "--pack-destination", tarballs, ...folders], {
    cwd: repository,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 64 * 1024 * 1024,
  });
  packed = JSON.parse(said) as Packed[];
}, 60_000);
const packedOf = (name: string) => packed.find((one) => one.name === name);

describe.each(named)("%s", (name, { folder, ...described }) => {
  test("has what its readers need, and no file of its development", () => {
    const files = packedOf(name)?.files.map(({ path }) => path) ?? [];
    for (const part of ["LICENSE", "README.md", "package.json"]) expect(files).toContain(part);
    expect(files.some((path) => path.startsWith("dist/"))).toBe(true);
    // The scaffolder ships plugins, sources and tests with them, as data.
    const own = files.filter((path) => !path.startsWith("templates/"));
    expect(
      own.filter((path) => /^(src|test|bench)\/|tsconfig|\.test\.|\.turbo|\.map$|build\.ts|vitest/.test(path)),
    ).toEqual([]);
    if (folder.includes("/plugins/")) expect(files).toContain("generated/manifest.json");
  });
  test("is described, with where its provenance is from", () => {
    expect(described).toMatchObject({
      license: "Apache-2.0",
      description: expect.stringMatching(/^[A-Z].{20,}\.$/),
      keywords: expect.arrayContaining(["keywright"]),
      repository: { type: "git", url: expect.stringMatching(/^git\+https:/), directory: relative(repository, folder) },
      publishConfig: { access: "public" },
      engines: { node: ">=22.13" },
    });
  });
  test("has nothing that publint complains of", async () => {
    const tarball = readFileSync(join(tarballs, packedOf(name)?.filename ?? ""));
    const { messages } = await publint({
      level: "warning",
      strict: true,
      pack: {
        tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) as ArrayBuffer,
      },
    });
    expect(messages).toEqual([]);
  });
  test("has types that are right wherever it can be imported", async () => {
    const found = await checkPackage(
      createPackageFromTarballData(readFileSync(join(tarballs, packedOf(name)?.filename ?? ""))),
    );
    if (!found.types) return expect(described.exports?.["."] ?? null, "no types, and something to import").toBeNull();
    // ESM alone: `require` of it works from Node 22.12 on, and resolvers from before `exports` are not served.
    const served = found.problems.filter(
      (problem) =>
        !("resolutionKind" in problem) ||
        (problem.resolutionKind !== "node10" && problem.resolutionKind !== "node16-cjs"),
    );
    expect(served).toEqual([]);
  });
});

/** Each path that may be imported; patterns and files of data are no modules. */
const modules = packages.flatMap(({ name, exports = {} }) =>
  Object.keys(exports)
    .filter((path) => !path.includes("*") && !path.endsWith(".json"))
    .map((path) => name + path.slice(1)),
);
describe("every export", () => {
  const consumer = temporaryFolder("consumer");
  beforeAll(() => {
    for (const { name, folder } of packages) {
      const at = join(consumer, "node_modules", name);
      mkdirSync(dirname(at), { recursive: true });
      symlinkSync(folder, at);
    }
    mkdirSync(join(consumer, "node_modules/@types"));
    symlinkSync(join(repository, "node_modules/@types/node"), join(consumer, "node_modules/@types/node"));
    writeFileSync(join(consumer, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(
      join(consumer, "all.ts"),
      modules
        .map((name, index) => `import * as m${index} from ${JSON.stringify(name)};\nexport { m${index} };\n`)
        .join(""),
    );
  });
  test("there are as many as there are packages, at least", () => {
    expect(modules.length).toBeGreaterThan(packages.length);
  });
  test.each([
    ["nodenext", "nodenext"],
    ["bundler", "esnext"],
  ])(
    "resolves and type-checks under %s",
    (moduleResolution, module) => {
      const words = [
        "--noEmit",
        "--strict",
        "--exactOptionalPropertyTypes",
        "--noUncheckedIndexedAccess",
        "--target",
        "es2024",
        "--lib",
        "es2024",
        "--types",
        "node",
      ];
      const said = (() => {
        try {
          return execFileSync(
            join(repository, "node_modules/.bin/tsc"),
            [...words, "--module", module, "--moduleResolution", moduleResolution, "all.ts"],
            { cwd: consumer, encoding: "utf8" },
          );
        } catch (error) {
          return (error as { stdout: string }).stdout;
        }
      })();
      expect(said).toBe("");
    },
    60_000,
  );
  test("is imported by Node, from what is built", () => {
    const program = `for (const name of ${JSON.stringify(modules)}) { const found = await import(name); if (Object.keys(found).length === 0) console.log(name); }`;
    const said = execFileSync(process.execPath, ["--input-type=module", "--no-warnings", "--eval", program], {
      cwd: consumer,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] },
    });
    // Types alone are no values.
    expect(said).toBe("");
  }, 60_000);
});
