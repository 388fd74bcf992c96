/** What a package has beside its sources: package.json, compiler settings, README, what git passes over. */
import { titleOf } from "./names.ts";

/** Of what the plugin is written against; a test holds them to this repository. */
export const ranges = {
  "@keywright/core": "^1.0.0",
  "@keywright/testkit": "^1.0.0",
  keywright: "^1.0.0",
  zod: "^4.6.0",
  "@types/node": "^24.0.0",
  typescript: "^7.0.2",
  vitest: "^5.1.1",
} as const;
const pick = <K extends keyof typeof ranges>(...names: readonly K[]) =>
  Object.fromEntries(names.map((name) => [name, ranges[name]]));

export type PackageFacts = {
  readonly package: string;
  readonly id: string;
  readonly description: string;
  /** A word for each thing it brings: `the connector type acme`. */
  readonly brings: readonly string[];
};
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const exported = { types: "./dist/index.d.ts", default: "./dist/index.js" };
const shared = ({ package: name, description }: PackageFacts) => ({
  name,
  description,
  files: ["dist", "generated"],
  type: "module",
  sideEffects: false,
});
const after = {
  peerDependencies: pick("@keywright/core", "zod"),
  engines: { node: ">=22.13" },
  keywright: { manifest: "./generated/manifest.json" },
};

const readme = ({ package: name, description, brings }: PackageFacts, outside: boolean) => `# ${name}

${description}

Brings ${brings.join(", ")} to [Keywright](https://www.npmjs.com/package/keywright).

\`\`\`sh
keywright plugin add ${outside ? name : `${name}`}
\`\`\`

## Working on it

| what | how |
|---|---|
| build it, and write \`generated/\` | \`npm run build\` |
| types, and whether \`generated/\` is current | \`npm run check\` |
| the suites that every plugin must pass | \`npm test\` |
| use it while you work on it | in another project: \`keywright plugin add ${outside ? `../${name.split("/").at(-1) ?? name}` : name} --unlocked\` |

\`src/declaration/\` is plain data: it becomes the manifest, from which lists, forms, policies and reference pages are made.
\`src/runtime/\` talks to the service, and is loaded when a broker first needs it.
`;

/** A package of its own, outside the repository of Keywright. */
export const ownPackage = (facts: PackageFacts): ReadonlyMap<string, string> =>
  new Map([
    [
      "package.json",
      json({
        ...shared(facts),
        version: "0.1.0",
        keywords: ["keywright", "keywright-plugin"],
        exports: { ".": exported, "./package.json": "./package.json" },
        scripts: {
          build: "tsc -p tsconfig.build.json && keywright plugin build",
          check: "tsc -p tsconfig.json && keywright plugin build --check",
          test: "vitest run",
          prepare: "npm run build",
        },
        devDependencies: ranges,
        ...after,
      }),
    ],
    [
      "tsconfig.json",
      json({
        compilerOptions: {
          target: "es2024",
          lib: ["es2024"],
          module: "nodenext",
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          erasableSyntaxOnly: true,
          verbatimModuleSyntax: true,
          allowImportingTsExtensions: true,
          noEmit: true,
          skipLibCheck: true,
          types: ["node"],
        },
        include: ["src", "test"],
      }),
    ],
    [
      "tsconfig.build.json",
      json({
        extends: "./tsconfig.json",
        compilerOptions: {
          noEmit: false,
          allowImportingTsExtensions: false,
          rewriteRelativeImportExtensions: true,
          declaration: true,
          rootDir: "src",
          outDir: "dist",
        },
        include: ["src"],
      }),
    ],
    ["README.md", readme(facts, true)],
    [".gitignore", "node_modules/\ndist/\n"],
  ]);

/** A plugin of this repository: sources are resolved by a condition, tests run from the root. */
export const workspacePackage = (facts: PackageFacts, licence: string): ReadonlyMap<string, string> => {
  const { name, description, ...rest } = shared(facts);
  return new Map([
    [
      "package.json",
      json({
        name,
        version: "1.0.0",
        description,
        keywords: ["keywright", "keywright-plugin", "credentials"],
        license: "Apache-2.0",
        repository: {
          type: "git",
          url: "git+https://github.com/keywright/keywright.git",
          directory: `plugins/${name.split("/").at(-1) ?? name}`,
        },
        ...rest,
        exports: {
          ".": { "@keywright/source": "./src/index.ts", ...exported },
          "./package.json": "./package.json",
        },
        publishConfig: { access: "public" },
        scripts: { build: "tsc -p tsconfig.json" },
        devDependencies: pick("@keywright/core", "@keywright/testkit"),
        ...after,
      }),
    ],
    [
      "tsconfig.json",
      `{
  "extends": "../../tsconfig.base.json",
  "compilerOptions": { "rootDir": "src", "outDir": "dist", "declaration": true },
  "include": ["src"]
}
`,
    ],
    ["README.md", readme(facts, false)],
    ["LICENSE", licence],
  ]);
};

export const describedAs = (kind: string, id: string): string =>
  ({
    connector: `${titleOf(id)} connectors for Keywright.`,
    "secret-store": `${titleOf(id)}, a secret store for Keywright.`,
    "secret-schema": `Secret schemas of ${titleOf(id)} for Keywright.`,
    flavor: `${titleOf(id)}, a component flavor for Keywright.`,
  })[kind] ?? `${titleOf(id)} for Keywright.`;
