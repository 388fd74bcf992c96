/** A clone of this repository in which to release: installed as it is here, but that our own packages are the clone's, and npm's registry is our own. */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { publishedFolders, type Registry } from "./services/verdaccio.ts";

const root = join(import.meta.dirname, "..", "..");
const read = <T>(path: string) => JSON.parse(readFileSync(path, "utf8")) as T;

/** Links what is installed here, one by one. npm's own notes stay behind: through a link it would write into this checkout's. */
const linkInstalled = (clone: string) => {
  type Lock = { readonly packages: Readonly<Record<string, { readonly link?: true; readonly resolved?: string }>> };
  const { packages } = read<Lock>(join(root, "package-lock.json"));
  const own = Object.entries(packages).filter(([, { link }]) => link === true);
  const link = (to: string, path: string) => {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    symlinkSync(to, join(clone, path));
  };
  for (const [path, { resolved = "" }] of own) link(join(clone, resolved), path);
  const scopes = new Set(own.map(([path]) => path.split("/")[1]));
  const names = readdirSync(join(root, "node_modules")).filter((name) => !name.startsWith(".") && !scopes.has(name));
  for (const name of [".bin", ...names]) link(join(root, "node_modules", name), join("node_modules", name));
};

export type ReleaseClone = Awaited<ReturnType<typeof cloneForRelease>>;
export const cloneForRelease = async (clone: string, registry: Registry) => {
  execFileSync("git", ["clone", "--quiet", root, clone]);
  linkInstalled(clone);
  const env = {
    ...process.env,
    ...registry.environment,
    PATH: `${join(clone, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`,
    GIT_AUTHOR_NAME: "release",
    GIT_AUTHOR_EMAIL: "release@example.com",
    GIT_COMMITTER_NAME: "release",
    GIT_COMMITTER_EMAIL: "release@example.com",
    TURBO_TELEMETRY_DISABLED: "1",
    CI: "true",
  };
  /** What it printed; a failure says it too. */
  const run = async (program: string, ...words: readonly string[]): Promise<string> => {
    try {
      return (await promisify(execFile)(program, words, { cwd: clone, env, maxBuffer: 64 * 1024 * 1024 })).stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`${program} ${words.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error });
    }
  };
  const lines = async (...words: readonly string[]) => (await run("git", ...words)).split("\n").filter(Boolean);
  const folders = publishedFolders(clone).map((folder) => relative(clone, folder));

  /** Published package → its version. */
  const versions = () =>
    Object.fromEntries(
      folders.map((folder) => {
        const { name, version } = read<{ name: string; version: string }>(join(clone, folder, "package.json"));
        return [name, version];
      }),
    );
  const published = async () => {
    const each = Object.keys(versions()).map(async (name) =>
      (await registry.versionsOf(name)).map((version) => `${name}@${version}`),
    );
    return (await Promise.all(each)).flat().toSorted();
  };
  let changesets = 0;
  return {
    folder: clone,
    run,
    versions,
    /** Packages at the versions that they have now. */
    current: (...names: readonly string[]) => names.map((name) => `${name}@${versions()[name] ?? "none"}`).toSorted(),
    /** The lock file's word for each published package. */
    locked: () => {
      const { packages } = read<{ packages: Record<string, { name: string; version: string }> }>(
        join(clone, "package-lock.json"),
      );
      return Object.fromEntries(folders.map((one) => [packages[one]?.name, packages[one]?.version]));
    },
    changeset: (size: string, ...names: readonly string[]) => {
      changesets += 1;
      const front = names.map((name) => `"${name}": ${size}\n`).join("");
      writeFileSync(join(clone, `.changeset/rehearsal-${changesets}.md`), `---\n${front}---\n\nA rehearsal.\n`);
    },
    /** Turns changesets into versions and commits them; the files of published packages that this touched. */
    raise: async (): Promise<readonly string[]> => {
      await run("npm", "run", "release:version");
      await run("git", "add", "--all");
      await run("git", "commit", "--quiet", "--message", "Version packages");
      const changed = await lines("show", "--name-only", "--format=", "HEAD");
      return changed.filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
    },
    /** Builds and publishes; what the registry has now and had not before, and the tags that say so. */
    release: async () => {
      const [had, tags] = [await published(), await lines("tag")];
      await run("npm", "run", "release");
      return {
        published: (await published()).filter((one) => !had.includes(one)),
        tagged: (await lines("tag")).filter((one) => !tags.includes(one)).toSorted(),
      };
    },
  };
};
