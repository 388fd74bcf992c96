/** The part of Fable's API that keeps secrets: versions, conditional writes, labels, a limit of size. */
import { demand } from "./caller.ts";
import { page } from "./page.ts";
import { Refusal } from "./refusal.ts";
import type { Asked, Route } from "./routes.ts";
import type { SecretVersion } from "./world.ts";

/** Of one value, in bytes of UTF-8. */
export const secretBytesAtMost = 65_536;

const pathOf = ({ names }: Asked): string => names["path"] ?? "";
const newest = (asked: Asked): SecretVersion | undefined => {
  demand(asked.caller, "secrets");
  return asked.world.secrets.get(pathOf(asked))?.at(-1);
};
/** `If-Match: "3"` wants this version, `If-None-Match: *` wants none. */
const demandVersion = ({ headers }: Asked, current: SecretVersion | undefined): void => {
  const wanted = headers["if-match"]?.replaceAll('"', "");
  if (wanted !== undefined && wanted !== current?.version)
    throw new Refusal("version-mismatch", `The version is ${current?.version ?? "none"}, not ${wanted}.`);
  if (headers["if-none-match"] === "*" && current)
    throw new Refusal("version-mismatch", `It exists, in version ${current.version}.`);
};
const missing = (asked: Asked) => new Refusal("not-found", `There is no secret ${pathOf(asked)}.`);

const write = (asked: Asked) => {
  const current = newest(asked);
  demandVersion(asked, current);
  const { value, labels = {} } = asked.body;
  if (typeof value !== "string") throw new Refusal("bad-request", "value is a string.");
  if (Buffer.byteLength(value) > secretBytesAtMost)
    throw new Refusal("too-large", `A value has at most ${secretBytesAtMost} bytes.`);
  const { world } = asked;
  const version = String(world.next());
  const before = world.secrets.get(pathOf(asked)) ?? [];
  world.secrets.set(pathOf(asked), [...before, { version, value, labels: labels as Record<string, string> }]);
  return { status: current ? 200 : 201, body: { version }, headers: { etag: `"${version}"` } };
};
const read = (asked: Asked) => {
  const last = newest(asked);
  const version = asked.query.get("version");
  const found =
    version === null ? last : asked.world.secrets.get(pathOf(asked))?.find((one) => one.version === version);
  if (!found) throw missing(asked);
  return { status: 200, body: { path: pathOf(asked), ...found }, headers: { etag: `"${found.version}"` } };
};
const remove = (asked: Asked) => {
  const current = newest(asked);
  demandVersion(asked, current);
  if (!current) throw missing(asked);
  asked.world.secrets.delete(pathOf(asked));
  return { status: 204 };
};
const list = ({ world, caller, query }: Asked) => {
  demand(caller, "secrets");
  const prefix = query.get("prefix") ?? "";
  const within = [...world.secrets.keys()].filter((path) => path.startsWith(prefix));
  const { names, next } = page(within, query.get("after"));
  const secrets = names.map((path) => {
    const { version, labels } = world.secrets.get(path)?.at(-1) ?? {};
    return { path, version, labels };
  });
  return { status: 200, body: { secrets, next } };
};

export const secretRoutes: readonly Route[] = [
  { method: "GET", path: "/v1/secrets", answer: list },
  { method: "GET", path: "/v1/secrets/{path...}", answer: read },
  { method: "PUT", path: "/v1/secrets/{path...}", answer: write },
  { method: "DELETE", path: "/v1/secrets/{path...}", answer: remove },
];
