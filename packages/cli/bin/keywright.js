#!/usr/bin/env node
// Committed, so that npm links it in a clean clone, and in words that an old Node can read, so that it can be told.
"use strict";
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  console.error(`keywright needs Node 22.13 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const { existsSync, mkdirSync, statSync } = require("fs");
const { enableCompileCache } = require("module");
const { join } = require("path");

// node:sqlite is what we build on; its users need not hear that it is young.
const warn = process.emitWarning;
process.emitWarning = (warning, ...rest) => {
  const type = rest[0] !== null && typeof rest[0] === "object" ? rest[0].type : rest[0];
  if (type !== "ExperimentalWarning" || !String(warning).includes("SQLite")) warn.call(process, warning, ...rest);
};

/** Compiled code is code: its folder is the caller's alone, and never in a shared place. */
const cacheFolder = () => {
  const { HOME, KEYWRIGHT_CACHE_DIR, LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  const home = () => HOME || require("os").homedir();
  if (KEYWRIGHT_CACHE_DIR) return join(KEYWRIGHT_CACHE_DIR, "compile");
  if (process.platform === "darwin") return join(home(), "Library", "Caches", "keywright", "compile");
  if (process.platform === "win32")
    return join(LOCALAPPDATA || join(home(), "AppData", "Local"), "keywright", "compile");
  return join(
    XDG_CACHE_HOME && XDG_CACHE_HOME.startsWith("/") ? XDG_CACHE_HOME : join(home(), ".cache"),
    "keywright",
    "compile",
  );
};
const enableCache = () => {
  try {
    const folder = cacheFolder();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    if (process.getuid && (uid !== process.getuid() || (mode & 0o022) !== 0)) return;
    enableCompileCache(folder);
    globalThis[Symbol.for("keywright.cache")] = folder;
  } catch {
    // Without a cache it is only slower.
  }
};

/** A clone in which nothing is built yet. */
const runFromSource = (entry, args) => {
  if (!existsSync(entry) || (major === 22 && minor < 18)) {
    console.error("keywright is not built: run npm run build.");
    process.exitCode = 1;
    return;
  }
  const flags = ["--disable-warning=ExperimentalWarning", "--conditions=@keywright/source"];
  const child = require("child_process").spawn(process.execPath, [...flags, entry, ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("exit", (status, signal) => {
    process.exitCode = status === null ? 128 + require("os").constants.signals[signal] : status;
  });
};

const args = process.argv.slice(2);
// Helpers are started by other programs, at every call of theirs: they skip the command table.
const isHelper =
  ["credential-process", "docker-credential", "kubernetes-exec"].includes(args[0]) &&
  !args.some((word) => ["--help", "-h", "--json", "--debug"].includes(word));
const root = join(__dirname, "..");
const bundle = join(root, "dist", isHelper ? "helper.cjs" : "main.cjs");
if (!existsSync(bundle)) runFromSource(join(root, "src", isHelper ? "deliver/helper-main.ts" : "main.ts"), args);
else {
  enableCache();
  if (isHelper) require(bundle).helper(args[0], args.slice(1));
  else require(bundle).start(args);
}
