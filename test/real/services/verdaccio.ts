/** Verdaccio: a registry of our own on loopback, which fetches what is not ours from the one that npm is set to. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { realCache } from "./localemu.ts";
import { createRunner, freePort, until } from "./service.ts";

const program = () => join(realCache(), "verdaccio", "node_modules", ".bin", "verdaccio");
export const hasVerdaccio = (): boolean => existsSync(program());

export type Registry = {
  readonly url: string;
  /** Variables with which npm uses this registry, and a cache of its own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Packs and publishes what is built; versions that are there are left alone. */
  readonly publish: (folders: readonly string[]) => void;
  readonly versionsOf: (name: string) => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};

/** Published packages of a checkout: those that are not private, in the order of their folders. */
export const publishedFolders = (root: string): readonly string[] =>
  ["packages", "plugins", "generators"]
    .flatMap((top) => readdirSync(join(root, top), { withFileTypes: true }).map((entry) => join(root, top, entry.name)))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .filter(
      (folder) =>
        (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { private?: boolean }).private !== true,
    );

export const startVerdaccio = async (): Promise<Registry> => {
  const runner = createRunner("verdaccio");
  const port = await freePort(24_873);
  const url = `http://127.0.0.1:${port}/`;
  const uplink = execFileSync("npm", ["config", "get", "registry"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
  const rights = (proxy: boolean) => ({
    access: "$all",
    publish: "$all",
    unpublish: "$all",
    ...(proxy && { proxy: "npm" }),
  });
  writeFileSync(
    join(runner.folder, "config.yaml"),
    // JSON is YAML.
    JSON.stringify({
      storage: join(runner.folder, "storage"),
      auth: { htpasswd: { file: join(runner.folder, "htpasswd"), max_users: -1 } },
      uplinks: { npm: { url: uplink, maxage: "60m", timeout: "60s" } },
      packages: {
        "@keywright/*": rights(false),
        keywright: rights(false),
        "create-keywright-plugin": rights(false),
        "keywright-plugin-*": rights(false),
        "**": rights(true),
      },
      max_body_size: "100mb",
      log: { type: "stdout", format: "pretty", level: "warn" },
    }),
  );
  runner.start(process.execPath, [
    program(),
    "--config",
    join(runner.folder, "config.yaml"),
    "--listen",
    `127.0.0.1:${port}`,
  ]);
  try {
    await until("Verdaccio", async () => (await fetch(`${url}-/ping`)).ok);
  } catch (error) {
    const said = runner.logs();
    await runner.stop();
    throw new Error(`${(error as Error).message}\n${said}`, { cause: error });
  }
  const settings = join(runner.folder, "npmrc");
  // npm publishes to nobody without a token, whatever it is.
  writeFileSync(
    settings,
    `registry=${url}\n//127.0.0.1:${port}/:_authToken=anybody\nprovenance=false\naudit=false\nfund=false\nupdate-notifier=false\n`,
  );
  mkdirSync(join(runner.folder, "cache"));
  const environment = {
    npm_config_userconfig: settings,
    npm_config_registry: url,
    npm_config_cache: join(runner.folder, "cache"),
    npm_config_provenance: "false",
  };
  return {
    url,
    environment,
    publish: (folders) => {
      for (const folder of folders)
        execFileSync("npm", ["publish", "--silent", "--access", "public"], {
          cwd: folder,
          env: { ...process.env, ...environment },
          stdio: ["ignore", "ignore", "pipe"],
        });
    },
    versionsOf: async (name) => {
      const answer = await fetch(`${url}${name.replace("/", "%2f")}`);
      if (!answer.ok) return [];
      return Object.keys(((await answer.json()) as { versions: object }).versions);
    },
    close: () => runner.stop(),
  };
};
