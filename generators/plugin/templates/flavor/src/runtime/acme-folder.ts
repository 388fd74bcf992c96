import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { type ComponentRuntime, KeywrightError } from "@keywright/core";
import type { acmeFolder } from "../declaration/acme-folder.ts";

/** What a step works with. Names have slashes: `runs/1/model.bin`. */
export type ArtifactStore = {
  /** Whole or not at all. */
  write(name: string, content: Uint8Array): Promise<void>;
  /** Null: there is none. */
  read(name: string): Promise<Uint8Array | null>;
  /** False: there was none. */
  remove(name: string): Promise<boolean>;
  /** Names that begin so, in order. */
  list(prefix: string): Promise<readonly string[]>;
};

const missing = (error: unknown) => ["ENOENT", "ENOTDIR"].includes((error as { code?: string }).code ?? "");
const failed = (cause: unknown, path: string): KeywrightError =>
  new KeywrightError("state-unavailable", `${path} cannot be used: ${(cause as Error).message}.`, {
    hint: "Check that the folder is yours to write, and that the disk has room.",
    cause,
  });

export default {
  open: async ({ config }) => {
    const root = resolve(config.path);
    const at = (name: string) => {
      const path = resolve(root, name);
      if (name !== "" && path.startsWith(root + sep)) return path;
      throw new KeywrightError("config-invalid", `${JSON.stringify(name)} is not the name of an artifact.`, {
        hint: "A name is a path below the folder, for example runs/1/model.bin.",
      });
    };
    try {
      await mkdir(root, { recursive: true });
    } catch (cause) {
      throw failed(cause, root);
    }
    return {
      write: async (name, content) => {
        const path = at(name);
        const draft = `${path}.${randomBytes(4).toString("hex")}.tmp`;
        try {
          await mkdir(dirname(path), { recursive: true });
          await writeFile(draft, content);
          await rename(draft, path);
        } catch (cause) {
          await rm(draft, { force: true });
          throw failed(cause, path);
        }
      },
      read: async (name) => {
        try {
          return await readFile(at(name));
        } catch (cause) {
          if (KeywrightError.is(cause)) throw cause;
          if (missing(cause)) return null;
          throw failed(cause, name);
        }
      },
      remove: async (name) => {
        try {
          await rm(at(name));
          return true;
        } catch (cause) {
          if (KeywrightError.is(cause)) throw cause;
          if (missing(cause)) return false;
          throw failed(cause, name);
        }
      },
      list: async (prefix) => {
        const entries = await readdir(root, { recursive: true, withFileTypes: true });
        return entries
          .filter((entry) => entry.isFile() && !entry.name.endsWith(".tmp"))
          .map((entry) =>
            join(entry.parentPath, entry.name)
              .slice(root.length + 1)
              .split(sep)
              .join("/"),
          )
          .filter((name) => name.startsWith(prefix))
          .toSorted();
      },
    };
  },
} satisfies ComponentRuntime<typeof acmeFolder, ArtifactStore>;
