/** What `login` wrote where, so that the docker helper knows its registries and `logout` can take everything back. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { GrantRequest } from "@keywright/broker/cached";
import type { Edit } from "./edits.ts";
import { editFile, readText } from "./files.ts";

export type Login = {
  readonly kind: "aws-profile" | "docker" | "kubernetes";
  /** Profile, registry host or context. */
  readonly name: string;
  readonly file: string;
  readonly request: GrantRequest;
  /** What was there where there was nothing to keep: null for no file, its blanks for a blank one. */
  readonly blank?: string | null;
  /** Digest of the file as it was written. */
  readonly written: string;
  readonly edits: readonly Edit[];
  /** User name of a registry login. */
  readonly username?: string;
};
type Logins = { readonly version: 1; readonly logins: readonly Login[] };

export const loginsFile = (home: string): string => join(home, "logins.json");
const parse = (text: string | null): readonly Login[] => (text === null ? [] : (JSON.parse(text) as Logins).logins);
export const readLogins = (home: string): readonly Login[] => parse(readText(loginsFile(home)));

const same = (a: Login, b: Pick<Login, "kind" | "name" | "file">) =>
  a.kind === b.kind && a.name === b.name && a.file === b.file;
export const changeLogins = async (
  home: string,
  add: Login | null,
  remove: readonly Pick<Login, "kind" | "name" | "file">[] = [],
): Promise<void> => {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  await editFile(loginsFile(home), (text) => {
    const gone = add ? [...remove, add] : remove;
    const kept = parse(text).filter((one) => !gone.some((other) => same(one, other)));
    const logins = add ? [...kept, add] : kept;
    return logins.length === 0 ? null : `${JSON.stringify({ version: 1, logins } satisfies Logins, null, 2)}\n`;
  });
};
