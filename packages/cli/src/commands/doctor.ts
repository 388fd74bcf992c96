/** What is well and what is not, without making or changing anything. */
import { existsSync, statSync } from "node:fs";
import { createPluginHost, homeOf, keyInfo, openState } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import type { Context } from "../context.ts";
import { moment, paint, plain, print, printJson } from "../output.ts";

type Finding = { readonly what: string; readonly ok: boolean; readonly found: string; readonly fix: string | null };
type OpenState = NonNullable<ReturnType<typeof openState>>;
const well = (what: string, found: string): Finding => ({ what, ok: true, found, fix: null });
const ill = (what: string, found: string, fix: string): Finding => ({ what, ok: false, found, fix });
const fromError = (what: string, error: unknown): Finding => {
  if (KeywrightError.is(error)) return ill(what, error.message, error.hint ?? "Run it again with --debug.");
  return ill(what, (error as Error).message, "Run it again with --debug.");
};

const folder = (directory: string): Finding => {
  if (!existsSync(directory)) return well("state folder", `${directory}: not there yet, made with the first connector`);
  const mode = statSync(directory).mode & 0o777;
  const shown = `${directory}, mode 0${mode.toString(8)}`;
  return process.platform === "win32" || (mode & 0o077) === 0
    ? well("state folder", shown)
    : ill("state folder", shown, `Others can read it: chmod 700 ${directory}`);
};
const database = ({ database: opened }: OpenState): Finding => {
  const [row] = opened.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
  const { version } = opened.prepare("SELECT sqlite_version() AS version").get() as { version: string };
  return row?.quick_check === "ok"
    ? well("database", `sound (SQLite ${version})`)
    : ill("database", row?.quick_check ?? "unreadable", "Restore keywright.db from a backup.");
};
const pending = ({ database: opened }: OpenState): Finding => {
  const { waiting } = opened.prepare("SELECT count(*) AS waiting FROM pending_secrets").get() as { waiting: number };
  return well(
    "half-saved secrets",
    waiting === 0 ? "none" : `${waiting}, swept at the next command that opens the state`,
  );
};
/** The newest row was written by this clock: it cannot lie in the future. */
const clock = (opened: OpenState | null): Finding => {
  const now = Date.now();
  const { newest } = (opened?.database.prepare("SELECT max(at) AS newest FROM audit").get() ?? { newest: null }) as {
    newest: number | null;
  };
  const shown = `${new Date(now).toISOString()}, ${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
  if (newest === null || newest <= now + 300_000) return well("clock", shown);
  return ill(
    "clock",
    `${shown}, but the audit has a row of ${moment(newest) ?? ""}`,
    "Set this machine's clock: providers refuse signatures that are more than five minutes off.",
  );
};
/** Plugins as the state records them: helpers run them from any directory, so no project is looked at. */
const plugins = (state: OpenState): Finding[] =>
  createPluginHost({ project: null, builtIn: [], state })
    .standing()
    .map(({ plugin, state: standing, problem }): Finding => {
      const what = `plugin ${plugin.package}`;
      if (problem) return fromError(what, problem);
      const checked = standing === "unlocked" ? "unlocked: its files are not checked" : "as it was enabled";
      return well(what, `${plugin.version} in ${plugin.directory}, ${checked}`);
    });
/** Recorded, and no longer there. */
const lost = ({ database: opened }: OpenState): Finding[] =>
  (
    opened.prepare("SELECT package, version, directory FROM plugins ORDER BY package").all() as {
      package: string;
      version: string;
      directory: string;
    }[]
  )
    .filter(({ directory }) => !existsSync(directory))
    .map(({ package: name, version, directory }) =>
      ill(`plugin ${name}`, `${version}, no longer in ${directory}`, `Install it there again: npm install ${name}`),
    );

export const run = async (context: Context): Promise<number> => {
  const findings: Finding[] = [well("node", `${process.version} on ${process.platform} ${process.arch}`)];
  let directory: string | null = null;
  let state: OpenState | null = null;
  let key: ReturnType<typeof keyInfo> = null;
  try {
    directory = homeOf(context.environment);
    findings.push(folder(directory));
    state = openState(directory, { create: false });
  } catch (error) {
    findings.push(fromError("state", error));
  }
  if (state) {
    const opened = state;
    for (const look of [database, pending]) {
      try {
        findings.push(look(opened));
      } catch (error) {
        findings.push(fromError("database", error));
      }
    }
    findings.push(...plugins(opened), ...lost(opened));
    key = keyInfo(opened);
    if (key) findings.push(well("key source", `${key.from} (${key.source}), key ${key.id}`));
  }
  findings.push(clock(state));
  state?.close();
  if (key) {
    try {
      const broker = await context.openBroker();
      findings.push(
        well("key", "opens what is sealed"),
        well("audit", `${broker.audit.verify().rows} rows, unbroken`),
        well("connectors", String(broker.connectors.list().length)),
      );
    } catch (error) {
      findings.push(fromError("key and audit", error));
    }
  }
  const ok = findings.every((one) => one.ok);
  if (context.json) {
    printJson(context, { ok, directory, key: key && { source: key.source, id: key.id, from: key.from }, findings });
    return ok ? 0 : 1;
  }
  const left = Math.max(...findings.map(({ what }) => what.length));
  for (const one of findings) {
    print(
      context,
      `${one.ok ? paint(context, "green", "✓") : paint(context, "red", "✗")} ${one.what.padEnd(left)}  ${plain(one.found)}`,
    );
    if (one.fix !== null) print(context, `  ${" ".repeat(left)}  ${plain(one.fix)}`);
  }
  return ok ? 0 : 1;
};
