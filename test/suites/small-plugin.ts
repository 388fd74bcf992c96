/** A plugin in plain JavaScript, as it lies in somebody's node_modules: small, needs no cloud, and easily made wrong. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "@keywright/core";
import { manifestOf } from "@keywright/manifest";
import { pluginFilesOf } from "@keywright/manifest/plugin-files";
import { repository } from "./project.ts";

const declaration = (id: string) => `
import { defineAuthMethod, defineConnectorType, defineCredentialKind, defineResourceType, defineSecretSchema, offer, secretString } from "@keywright/core";
import * as z from "zod";
const token = defineCredentialKind({ id: "${id}-token", title: "Token", description: "A token.", fields: z.strictObject({ token: secretString("The token.") }) });
const key = defineSecretSchema({ id: "${id}-key", title: "Key", description: "A key.", fields: z.strictObject({ key: secretString("The key.") }) });
const box = defineResourceType({ id: "${id}-box", title: "Box", description: "A box.", credentials: [token] });
export const type = defineConnectorType({
  id: "${id}", title: "Small ${id}", description: "A service without a network.",
  config: z.strictObject({ floor: z.int().min(0).max(9).default(1).describe("Floor.") }), facts: [], hosts: ["${id}.example"],
  authMethods: [defineAuthMethod({ id: "key", title: "Key", description: "With a key.", config: z.strictObject({}), secret: key, lifetime: { min: 60, default: 600, max: 3600 }, provides: ["scope"] })],
  resources: [offer(box, { resourceId: { spellings: ["${id}:{box}"], fields: { box: { pattern: "[a-z]+" } } }, list: null, revocable: false,
    access: { read: { credential: token, permissions: [{ actions: ["read"], on: "${id}:{box}" }], confinement: { to: "resource", by: "scope", through: "method" } } } })],
});
`;
const index = `
import { connector, definePlugin } from "@keywright/core";
import { type } from "./declaration.js";
export default definePlugin({ connectors: [connector(type, () => import("./runtime.js"))] });
`;
/** A key of its own value opens; any other is refused with the error class of the plugin's own core. */
const runtime = `
import { KeywrightError } from "@keywright/core";
export default {
  authMethods: { key: { open: async ({ secret }) => {
    if (secret.key.reveal() !== "sesame-open") throw new KeywrightError("credential-rejected", "The key is not known.", { hint: "Give another." });
    return { session: {}, identity: { principal: "somebody", by: "whoami" }, facts: {}, expiresAt: null };
  } } },
  resources: { BOX: {
    async *verify() { yield { step: "permission", tried: "read", ok: true }; },
    issue: async (session, target, call) => ({ kind: target.kind, credential: { token: "token-for-" + target.resource.id }, expiresAt: new Date(call.now().getTime() + target.ttlSeconds * 1000) }),
  } },
};
`;

/** As a registry would hand it out: built, and without the way to its sources. */
const copyPublished = (from: string, to: string): void => {
  cpSync(from, to, { recursive: true, filter: (path) => !path.startsWith(join(from, "src")) });
  const path = join(to, "package.json");
  writeFileSync(path, readFileSync(path, "utf8").replaceAll(/"@keywright\/source": "[^"]+",/g, ""));
};

export type SmallPlugin = { readonly package: string; readonly directory: string };
/** Written below `project`'s node_modules. `coreOfItsOwn`: with copies of core and zod that nobody else shares. */
export const writeSmallPlugin = async (
  project: string,
  id: string,
  options: { readonly coreOfItsOwn?: boolean; readonly at?: string } = {},
): Promise<SmallPlugin> => {
  const name = `keywright-plugin-${id}`;
  const directory = options.at ?? join(project, "node_modules", name);
  mkdirSync(directory, { recursive: true });
  for (const part of ["@keywright/core", "zod"]) {
    const to = join(directory, "node_modules", part);
    mkdirSync(dirname(to), { recursive: true });
    const from = part === "zod" ? join(repository, "node_modules/zod") : join(repository, "packages/core");
    if (options.coreOfItsOwn !== true) symlinkSync(from, to);
    else copyPublished(from, to);
  }
  const files = {
    "package.json": JSON.stringify({
      name,
      version: "1.0.0",
      type: "module",
      exports: "./index.js",
      files: ["*.js", "generated"],
      keywright: { manifest: "./generated/manifest.json" },
    }),
    "declaration.js": declaration(id),
    "index.js": index,
    "runtime.js": runtime.replace("BOX", JSON.stringify(`${id}-box`)),
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
  // By another URL: whoever enables it reads the file as it is then.
  const { default: plugin } = (await import(`${pathToFileURL(join(directory, "index.js")).href}?made`)) as {
    default: Plugin;
  };
  for (const [path, text] of pluginFilesOf(manifestOf(plugin, name))) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return { package: name, directory };
};
