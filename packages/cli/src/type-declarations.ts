/** Connectors and manifests → the text of a `.d.ts`, so that an editor completes names and the compiler refuses wrong ones. */
import { type Connector, valuesOf } from "@keywright/broker";
import { accessLevels, behaviourOf, waysOf } from "@keywright/core";
import type { JsonSchema, Manifest, ManifestConnector } from "@keywright/manifest";

export type TypesInput = {
  readonly connectors: readonly Connector[];
  readonly typeOf: (id: string) => { readonly type: ManifestConnector; readonly manifest: Manifest } | null;
  /** Resource ids that were seen, by connector and resource type. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
};
export const seenKey = (connector: string, resourceType: string): string => `${connector}\n${resourceType}`;

const quoted = (text: string) => JSON.stringify(text);
const union = (values: readonly string[], otherwise: string) => (values.length === 0 ? otherwise : values.join(" | "));
const comment = (text: string) => `/** ${text.replaceAll("*/", "*\\/").replaceAll(/\s+/g, " ").trim()} */`;

/** A JSON Schema as a TypeScript type; what is secret arrives in `Redacted`. */
const typeOf = (schema: JsonSchema): string => {
  if (schema["writeOnly"] === true) return `import("keywright").Redacted`;
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"]))
    return union(
      schema["enum"].map((one) => JSON.stringify(one)),
      "never",
    );
  const options = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(options)) return union((options as JsonSchema[]).map(typeOf), "unknown");
  if (Array.isArray(schema.type))
    return union(
      schema.type.map((type: string) => typeOf({ ...schema, type })),
      "unknown",
    );
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array":
      return `readonly (${typeOf((schema["items"] as JsonSchema | undefined) ?? {})})[]`;
    case "object": {
      const required = new Set(schema.required);
      const fields = Object.entries(schema.properties ?? {}).map(
        ([name, one]) => `readonly ${quoted(name)}${required.has(name) ? "" : "?"}: ${typeOf(one)};`,
      );
      if (fields.length > 0) return `{ ${fields.join(" ")} }`;
      return typeof schema.additionalProperties === "object"
        ? `Readonly<Record<string, ${typeOf(schema.additionalProperties)}>>`
        : "Readonly<Record<string, unknown>>";
    }
    default:
      return "unknown";
  }
};

/** What the SDK itself declares. */
const known = new Set(["aws-generic", "s3-bucket", "docker-registry", "kubernetes-cluster"]);

const connectorLines = (connector: Connector, input: TypesInput): string[] => {
  const found = input.typeOf(connector.type);
  const lines = connector.resourceTypes.toSorted().flatMap((id) => {
    const offer = found?.type.resources.find((one) => one.type.id === id);
    const method = found?.type.authMethods.find((one) => one.id === connector.authMethod);
    if (!offer || !method) return [];
    const behaviour = behaviourOf(method, valuesOf(connector.config, connector.facts));
    const levels = accessLevels.filter((level) => waysOf(behaviour, offer, level).length > 0);
    const ids = [
      ...new Set([
        ...(connector.resourceId === null ? [] : [connector.resourceId]),
        ...(input.seen.get(seenKey(connector.name, id)) ?? []),
      ]),
    ].toSorted();
    const spelled = ids.length > 0 ? `${ids.map(quoted).join(" | ")} | (string & {})` : "string";
    return [
      `      ${quoted(id)}: { access: ${union(levels.map(quoted), "never")}; resourceId: ${offer.resourceId === null ? "never" : spelled} };`,
    ];
  });
  const about = `${connector.type} ${connector.authMethod}${connector.description === "" ? "" : `: ${connector.description}`}`;
  return [`    ${comment(about)}`, `    ${quoted(connector.name)}: {`, ...lines, `    };`];
};

/** Resource type → the type of its credential, for those that a plugin brings. */
const credentialLines = ({ connectors, typeOf: find }: TypesInput): string[] => {
  const lines = new Map<string, string>();
  for (const { type: id } of connectors) {
    const found = find(id);
    for (const { type } of found?.type.resources ?? []) {
      if (known.has(type.id)) continue;
      const kinds = type.credentials.map(
        (kind) => found?.manifest.credentialKinds.find((one) => one.id === kind)?.schema ?? {},
      );
      lines.set(type.id, `    ${quoted(type.id)}: ${union(kinds.map(typeOf), "unknown")};`);
    }
  }
  return [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
};

export const declarationsOf = (input: TypesInput): string => {
  const connectors = input.connectors.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const credentials = credentialLines(input);
  return [
    "// Written by `keywright types`; run it again when connectors change.",
    `import "keywright";`,
    "",
    `declare module "keywright" {`,
    "  interface Connectors {",
    ...connectors.flatMap((one) => connectorLines(one, input)),
    "  }",
    ...(credentials.length > 0 ? ["  interface ResourceCredentials {", ...credentials, "  }"] : []),
    "}",
    "",
  ].join("\n");
};
