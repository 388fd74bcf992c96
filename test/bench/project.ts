/** A project folder with as many plugins as wanted: the real one, and copies of it under other names. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const makeProject = (folder: string, plugin: string, count: number): string => {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@keywright"), { recursive: true });
  symlinkSync(plugin, join(modules, "@keywright/aws"));
  const manifest = readFileSync(join(plugin, "generated/manifest.json"), "utf8");
  const names = Array.from({ length: count - 1 }, (_, index) => `keywright-copy-${index + 1}`);
  for (const [index, name] of names.entries()) {
    const at = join(modules, name);
    mkdirSync(join(at, "generated"), { recursive: true });
    writeFileSync(
      join(at, "package.json"),
      JSON.stringify({ name, version: "1.0.0", type: "module", keywright: { manifest: "./generated/manifest.json" } }),
    );
    const copy = JSON.parse(manifest) as { package: string; connectors: { id: string }[] };
    copy.package = name;
    for (const connector of copy.connectors) connector.id = `cloud-${index + 1}`;
    writeFileSync(join(at, "generated/manifest.json"), JSON.stringify(copy, null, 2));
  }
  const dependencies = Object.fromEntries(["@keywright/aws", ...names].map((name) => [name, "*"]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "bench", private: true, dependencies }));
  return folder;
};
