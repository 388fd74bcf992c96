#!/usr/bin/env node
// Committed, so that npm links it in a clean clone, and in words that an old Node can read, so that it can be told.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  console.error(`create-keywright-plugin needs Node 22.13 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { start } = await import("../dist/main.js");
await start(process.argv.slice(2));
