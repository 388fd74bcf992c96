/** A user's project: a folder of its own that depends on some of our plugins, so that its lock lands in no checkout. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const repository = join(import.meta.dirname, "..", "..");

const folders: string[] = [];
/** Gone when this process ends. */
export const temporaryFolder = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `kw-${name}-`));
  if (folders.length === 0)
    process.once("exit", () => {
      for (const one of folders) rmSync(one, { recursive: true, force: true });
    });
  folders.push(folder);
  return folder;
};

/** `packages`: npm name → its folder, linked as npm links a workspace. */
export const createProject = (
  packages: Readonly<Record<string, string>> = { "@keywright/aws": join(repository, "plugins", "aws") },
): string => {
  const folder = temporaryFolder("project");
  for (const [name, directory] of Object.entries(packages)) {
    const at = join(folder, "node_modules", name);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(directory, at);
  }
  const dependencies = Object.fromEntries(Object.keys(packages).map((name) => [name, "*"]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project", private: true, dependencies }));
  return folder;
};

let shared: string | null = null;
/** One for all tests of a process, with the AWS plugin. */
export const sharedProject = (): string => (shared ??= createProject());
