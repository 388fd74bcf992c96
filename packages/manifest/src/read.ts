/** A plugin's manifest from its text: quick structural checks by hand, so that listing twenty plugins costs nothing. */
import { contractVersion, KeywrightError } from "@keywright/core";
import { isId } from "./ids.ts";
import type { Manifest } from "./manifest.ts";
import { manifestVersion } from "./manifest-version.ts";
import { deceives, mayDeceive } from "./deceiving.ts";
import { prototypeKeys } from "./prototype-keys.ts";

const largest = 5 * 1024 * 1024;
type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Set on every throw below, so that the reader knows which file. */
const invalid = (where: string, what: string) =>
  new KeywrightError("plugin-invalid", `${where} ${what}.`, {
    hint: "Reinstall the plugin, or run its `npm run generate` if it is your own.",
  });
const incompatible = (where: string, what: string, theirs: unknown, ours: number) =>
  new KeywrightError(
    "plugin-incompatible",
    `${where} is of ${what} ${typeof theirs === "number" ? String(theirs) : "unknown"}; this Keywright knows ${what} ${ours}.`,
    {
      hint:
        typeof theirs === "number" && theirs > ours
          ? "Update Keywright, or install an older version of the plugin."
          : "Update the plugin.",
      data: { theirs: typeof theirs === "number" ? theirs : null, ours },
    },
  );

/** Generated schemas stand alone: one that refers to another, or to itself, was not generated. */
const refers = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(refers);
  return (
    isObject(value) &&
    Object.entries(value).some(([key, one]) => /^\$(?:ref|dynamicRef|recursiveRef)$/.test(key) || refers(one))
  );
};

/** A key can only be one of these if its letters stand there, or are escaped. */
const suspicious = /__proto__|"constructor"|"prototype"|\\u00/;
const holdsReserved = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(holdsReserved);
  return (
    isObject(value) && Object.entries(value).some(([key, one]) => prototypeKeys.includes(key) || holdsReserved(one))
  );
};

const listIn = (fields: Fields, key: string, where: string): readonly Fields[] => {
  const value = fields[key];
  if (!Array.isArray(value) || !value.every(isObject)) throw invalid(where, `has no list of ${key}`);
  return value;
};
const described = (one: Fields, what: string, where: string) => {
  const id = one["id"];
  if (typeof id !== "string" || !isId(id)) throw invalid(where, `has a ${what} whose id is not kebab-case`);
  if (typeof one["title"] !== "string" || typeof one["description"] !== "string")
    throw invalid(where, `has a ${what} ${id} without title or description`);
  return id;
};
const schemaIn = (one: Fields, key: string, what: string, where: string) => {
  const schema = one[key];
  if (!isObject(schema) || schema["type"] !== "object" || !isObject(schema["properties"]))
    throw invalid(where, `has a ${what} without a schema`);
};
const unique = (ids: readonly string[], what: string, where: string) => {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw invalid(where, `declares the ${what} ${twice} twice`);
};

const checkConnector = (connector: Fields, secrets: readonly string[], where: string): string => {
  const id = described(connector, "connector type", where);
  const methods = listIn(connector, "authMethods", where).map((method) => {
    const name = described(method, `auth method of ${id}`, where);
    schemaIn(method, "config", `auth method ${name} of ${id}`, where);
    const asked = [method["secret"], isObject(method["login"]) ? method["login"]["yields"] : null];
    for (const secret of asked)
      if (secret !== null && !secrets.includes(String(secret)))
        throw invalid(where, `has an auth method ${name} of ${id} whose secret schema is missing`);
    return name;
  });
  unique(methods, `auth method of ${id}`, where);
  const resources = listIn(connector, "resources", where).map((offer) => {
    const type = offer["type"];
    if (!isObject(type)) throw invalid(where, `has a resource of ${id} without a type`);
    const name = described(type, `resource type of ${id}`, where);
    const { access, resourceId } = offer;
    if (!isObject(access) || !Object.values(access).every(Array.isArray))
      throw invalid(where, `has a resource type ${name} of ${id} whose access levels are no lists`);
    if (resourceId !== null && !(isObject(resourceId) && Array.isArray(resourceId["spellings"])))
      throw invalid(where, `has a resource type ${name} of ${id} without spellings of its id`);
    return name;
  });
  unique(resources, `resource type of ${id}`, where);
  for (const key of ["facts", "hosts"])
    if (!Array.isArray(connector[key])) throw invalid(where, `has a connector type ${id} without ${key}`);
  return id;
};

/**
 * `where` names the file or package. Throws `plugin-incompatible` for another version of the manifest or the contract,
 * `plugin-invalid` for anything else that is not a manifest. Schemas inside are only looked at when something is validated.
 */
export const parseManifest = (text: string, where: string): Manifest => {
  if (text.length > largest || Buffer.byteLength(text) > largest) throw invalid(where, "is larger than 5 MB");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid(where, "is not JSON");
  }
  if (!isObject(parsed)) throw invalid(where, "is not a manifest");
  // Versions first: a manifest of another version may be shaped differently.
  if (parsed["manifestVersion"] !== manifestVersion)
    throw incompatible(where, "manifest version", parsed["manifestVersion"], manifestVersion);
  if (parsed["contract"] !== contractVersion)
    throw incompatible(where, "plugin contract", parsed["contract"], contractVersion);
  if (suspicious.test(text) && holdsReserved(parsed)) throw invalid(where, "has a key that objects reserve");
  if (/"\$(?:ref|dynamicRef|recursiveRef)"|\\u0024/.test(text) && refers(parsed))
    throw invalid(where, "has a schema that refers to another, which no generated one does");
  if (mayDeceive(text) && deceives(parsed)) throw invalid(where, "has control characters in its words");
  if (typeof parsed["package"] !== "string") throw invalid(where, "does not name its package");
  const secrets = listIn(parsed, "secretSchemas", where).map((one) => {
    schemaIn(one, "schema", "secret schema", where);
    return described(one, "secret schema", where);
  });
  const kinds = listIn(parsed, "credentialKinds", where).map((one) => {
    schemaIn(one, "schema", "credential kind", where);
    return described(one, "credential kind", where);
  });
  const stores = listIn(parsed, "secretStores", where).map((one) => {
    schemaIn(one, "config", "secret store", where);
    return described(one, "secret store", where);
  });
  const flavors = listIn(parsed, "flavors", where).map((one) => {
    schemaIn(one, "config", "flavor", where);
    if (typeof one["component"] !== "string") throw invalid(where, "has a flavor without a component");
    return `${one["component"]}/${described(one, "flavor", where)}`;
  });
  const connectors = listIn(parsed, "connectors", where).map((one) => checkConnector(one, secrets, where));
  unique(secrets, "secret schema", where);
  unique(kinds, "credential kind", where);
  unique(stores, "secret store", where);
  unique(flavors, "flavor", where);
  unique(connectors, "connector type", where);
  return parsed as unknown as Manifest;
};
