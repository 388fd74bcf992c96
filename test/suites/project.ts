/** A user's project: a folder of its own that depends on some of our plugins, so that its lock lands in no checkout. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const repository = join(import.meta.dirname, "..", "..");

const prefix = "kw-tests-";
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
let parent: string | null = null;
/** One folder a process. Test runners kill their workers, so the next process sweeps up after those that are gone. */
const parentFolder = (): string => {
  if (parent !== null) return parent;
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(prefix)))
    if (!isAlive(Number(name.slice(prefix.length).split("-")[0])))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  const made = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  return (parent = made);
};
/** Gone when this process ends, or soon after. */
export const temporaryFolder = (name: string): string => mkdtempSync(join(parentFolder(), `${name}-`));

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

const variable = "KEYWRIGHT_TEST_PROJECT";
/** One for all tests of a process, with the AWS plugin, and for the processes that it starts: the state remembers its lock. */
export const sharedProject = (): string => (process.env[variable] ??= createProject());
