/**
 * Bundles. Two small files in CommonJS start at once, since the module loader of ESM alone costs a fifth of a bare start:
 * the helpers, and the command line with the commands that only read manifests. Whatever else a command needs is ESM in
 * chunks, loaded when that command runs. Types come from tsc.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";

const root = import.meta.dirname;
const out = join(root, "dist");
const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node22",
  // Our own packages are taken from source, so that this needs no other build.
  conditions: ["@keywright/source"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  // A native library, loaded from where it is installed.
  external: ["@napi-rs/keyring"],
};

/** Commands that must start at once; all of them together are small. */
const quick = ["list-types", "describe-type"];
const commands = readdirSync(join(root, "src/commands")).map((file) => basename(file, ".ts"));
const slow = commands.filter((name) => !quick.includes(name));

/** Modules of the ESM half that the CommonJS half imports when it needs them: file in src → name in dist. */
const later = new Map<string, string>([
  ...slow.map((name) => [`src/commands/${name}.ts`, `commands/${name}`] as const),
  ...["mint", "logins", "from-endpoint"].map((name) => [`src/deliver/${name}.ts`, name] as const),
  ["src/terminal-prompts.ts", "terminal-prompts"],
  ["src/broker.ts", "broker"],
]);
const loadLater: Plugin = {
  name: "load-later",
  setup: ({ onResolve }) => {
    onResolve({ filter: /./ }, ({ path, resolveDir, kind }) => {
      if (kind !== "dynamic-import") return undefined;
      const file = path === "@keywright/broker" ? "src/broker.ts" : join(resolveDir, path).slice(root.length + 1);
      const name = later.get(file);
      return name === undefined ? undefined : { path: `./${name}.js`, external: true };
    });
  },
};

rmSync(out, { recursive: true, force: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: { main: "src/main.ts", helper: "src/deliver/helper-main.ts" },
    outdir: out,
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    plugins: [loadLater],
    define: { "import.meta.url": "__url" },
    banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
  }),
  build({
    ...shared,
    entryPoints: {
      index: "src/index.ts",
      ...Object.fromEntries([...later].flatMap(([file, name]) => (existsSync(join(root, file)) ? [[name, file]] : []))),
      broker: "@keywright/broker",
    },
    outdir: out,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    // Bundled CommonJS asks for built-in modules in its own way.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  }),
]);
