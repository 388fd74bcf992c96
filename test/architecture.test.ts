/** Who may import whom, what a plugin's folder looks like, and that nothing of this machine is committed. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));

/** Package → our packages that its sources may import; the contract of plugins is core, what they share is in resources. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "packages/core": [],
  "packages/seal": ["core"],
  "packages/credentials": ["core"],
  "packages/resources": ["core", "credentials"],
  "packages/manifest": ["core"],
  "packages/broker": ["core", "seal", "credentials", "manifest"],
  "packages/testkit": ["core", "seal", "manifest", "broker"],
  "packages/cli": ["core", "seal", "credentials", "manifest", "broker", "local"],
  "plugins/local": ["core", "seal"],
};
/** Any other plugin: the contract, and what plugins share. */
const anyPlugin = ["core", "credentials", "resources"];
const allowed = (folder: string) => mayImport[folder] ?? (folder.startsWith("plugins/") ? anyPlugin : []);
/** Package `keywright` is in packages/cli; every other is in a folder of its own name. */
const isOwn = (folder: string, name: string) => folder.endsWith(`/${name === "keywright" ? "cli" : name}`);
const folders = ["packages", "plugins"].flatMap((top) => readdirSync(join(root, top)).map((name) => `${top}/${name}`));
/** Libraries that only one package may load. */
const ownedBy: Readonly<Record<string, string>> = {
  "zod-to-json-schema": "packages/manifest",
  kysely: "packages/broker",
  "@napi-rs/keyring": "packages/broker",
  ajv: "packages/manifest",
};

const sources = folders.flatMap((folder) =>
  files
    .filter((file) => file.startsWith(`${folder}/src/`) && file.endsWith(".ts"))
    .map((file) => ({ folder, file, text: readFileSync(join(root, file), "utf8") })),
);
const importsOf = (text: string) => [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((found) => found[1] ?? "");

describe("imports", () => {
  it("covers every package", () => {
    const packages = folders.filter((folder) => folder.startsWith("packages/"));
    expect(packages.filter((folder) => mayImport[folder] === undefined)).toEqual([]);
  });
  it("go one way", () => {
    const wrong = sources.flatMap(({ folder, file, text }) =>
      importsOf(text)
        .filter((name) => name.startsWith("@keywright/") || name === "keywright")
        .map((name) => name.split("/")[1] ?? name)
        .filter((name) => !allowed(folder).includes(name) && !isOwn(folder, name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });
  it("keep each library in its one place", () => {
    const wrong = sources.flatMap(({ folder, file, text }) =>
      importsOf(text)
        .filter((name) => ownedBy[name] !== undefined && ownedBy[name] !== folder)
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });
  it("load no SDK from a plugin's declarations", () => {
    const wrong = files
      .filter((file) => /^plugins\/[^/]+\/src\/(index|declaration)/.test(file))
      .flatMap((file) =>
        importsOf(readFileSync(join(root, file), "utf8"))
          .filter((name) => /^(@aws-sdk|@smithy|node:)/.test(name))
          .map((name) => `${file} imports ${name}`),
      );
    expect(wrong).toEqual([]);
  });
});

describe("plugins", () => {
  it.each(readdirSync(join(root, "plugins")))("%s has the shape of every plugin", (name) => {
    for (const part of [
      "package.json",
      "README.md",
      "tsconfig.json",
      "src/index.ts",
      "src/runtime",
      "generated/manifest.json",
    ])
      expect(existsSync(join(root, "plugins", name, part)), part).toBe(true);
  });
});

describe("what is committed", () => {
  it("names no registry host and no path of a machine", () => {
    const lock = readFileSync(join(root, "package-lock.json"), "utf8");
    expect(lock).not.toMatch(/"resolved": "https?:/);
    const machine = new RegExp(["/wor", "k/main"].join("") + "|" + ["/tmp/bash", "_jobs"].join(""));
    const wrong = files.filter(
      (file) =>
        /\.(ts|js|json|md|sh|yaml)$/.test(file) &&
        file !== "package-lock.json" &&
        machine.test(readFileSync(join(root, file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });
});

describe("licences", () => {
  it("of what published packages depend on are permissive", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { license?: string; dev?: boolean; link?: boolean; devOptional?: boolean }>;
    };
    const permissive =
      /^(MIT|MIT-0|Apache-2\.0|ISC|0BSD|BSD-[23]-Clause|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0)$/;
    const ours = Object.entries(lock.packages).filter(
      ([path, { dev, link }]) => path.includes("node_modules/") && dev !== true && link !== true,
    );
    expect(ours.length).toBeGreaterThan(30);
    expect(
      ours
        .filter(
          ([, { license = "none" }]) =>
            !license
              .replaceAll(/[()]/g, "")
              .split(/ OR | AND /)
              .some((one) => permissive.test(one)),
        )
        .map(([path, { license }]) => `${path} ${license}`),
    ).toEqual([]);
  });
});
