/** What can be said of a plugin from its declarations alone. */
import {
  accessLevels,
  type ConnectorType,
  contractVersion,
  type Described,
  type ObjectSchema,
  type Plugin,
  type SecretSchema,
} from "@keywright/core";
import { check as checkValues, manifestOf, mergeObjects, toJsonSchema } from "@keywright/manifest";
import type { RunnableCheck } from "../harness/runner.ts";
import type { AnyRuntime } from "./bench.ts";
import { connectorOf } from "./bench.ts";
import { ensure, failureOf } from "./ensure.ts";
import type { PluginTestOptions } from "./options.ts";

const kebab = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** Names under which people keep what must not be shown. */
const secretName = /secret|password|passphrase|private|credential|(?:^|[a-z_-])token$|^token/i;

const secretsOf = (type: ConnectorType): SecretSchema[] =>
  type.authMethods.flatMap(({ secret, login }) => [...(secret ? [secret] : []), ...(login ? [login.yields] : [])]);
const described = (type: ConnectorType): readonly (readonly [what: string, one: Described])[] => [
  ["connector type", type],
  ...type.authMethods.map((one) => ["auth method", one] as const),
  ...type.resources.map((one) => ["resource type", one.type] as const),
  ...secretsOf(type).map((one) => ["secret schema", one] as const),
  ...type.resources.flatMap((one) => one.type.credentials.map((kind) => ["credential kind", kind] as const)),
];
const twice = (ids: readonly string[]): string[] => [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))];

/** Configuration fields may describe a secret's place (`secretArn`), never hold one; secrets must be `writeOnly`. */
const secretFields = (schema: ObjectSchema, id: string): void => {
  const { properties = {} } = toJsonSchema(schema, id);
  const entries = Object.entries(properties);
  const open = entries.filter(
    ([name, value]) => secretName.test(name) && (value as { writeOnly?: boolean }).writeOnly !== true,
  );
  ensure(
    open.length === 0,
    `Secret schema ${id}: ${open.map(([name]) => name).join(", ")} is not writeOnly, so forms and lists would show it. Declare it with secretString().`,
  );
};

const unknownKey = (type: ConnectorType): void => {
  for (const method of type.authMethods) {
    const [known = "endpoint"] = [...Object.keys(type.config.shape), ...Object.keys(method.config.shape)];
    const given = { [`${known}x`]: "1" };
    for (const [id, schema] of [
      [type.id, type.config],
      [method.id, method.config],
    ] as const) {
      const { error } = schema.safeParse(given) as { error?: { issues: readonly { code: string }[] } };
      ensure(
        error?.issues.some(({ code }) => code === "unrecognized_keys"),
        `${id}: a configuration with the unknown key ${known}x is accepted. Make config a z.strictObject, or a misspelt key is ignored in silence.`,
      );
    }
    const whole = mergeObjects(toJsonSchema(type.config, type.id), toJsonSchema(method.config, method.id), [
      type.id,
      method.id,
    ]);
    const said = (failure: unknown) => `${(failure as Error | undefined)?.message ?? ""} ${JSON.stringify(failure)}`;
    let answer = "";
    try {
      answer = said(checkValues(whole, given));
    } catch (error) {
      answer = said(error);
    }
    ensure(
      Object.keys(whole.properties ?? {}).length === 0 || answer.replaceAll(`${known}x`, "").includes(known),
      `${method.id}: the refusal of ${known}x does not name ${known}. Declare the fields by name, so that a misspelling can be answered.`,
    );
  }
};

const sameIds = (what: string, declared: readonly string[], implemented: readonly string[]): void => {
  const missing = declared.filter((id) => !implemented.includes(id));
  ensure(
    missing.length === 0,
    `${what} ${missing.join(", ")} is declared and not implemented. Add it to the runtime, or the first call fails.`,
  );
  const undeclared = implemented.filter((id) => !declared.includes(id));
  ensure(
    undeclared.length === 0,
    `${what} ${undeclared.join(", ")} is implemented and not declared, so nobody can reach it. Declare it, or remove it.`,
  );
};

/** `declared: …` checks: nothing is called and nothing is dialled. */
export const declarationChecks = (plugin: Plugin, options: PluginTestOptions): RunnableCheck[] => {
  const type = () => connectorOf(plugin, options).type;
  const check = (name: string, body: () => void | Promise<void>): RunnableCheck => ({
    name: `declared: ${name}`,
    run: async () => body(),
  });
  return [
    check("contract version", () =>
      ensure(
        plugin.contract === contractVersion,
        `The plugin says contract ${plugin.contract}; this host knows ${contractVersion}. Make the default export with definePlugin() of the installed @keywright/core.`,
      ),
    ),
    check("ids are kebab-case and unique", () => {
      const bad = described(type()).filter(([, { id }]) => !kebab.test(id));
      ensure(
        bad.length === 0,
        `${bad.map(([what, { id }]) => `${what} ${id}`).join(", ")} is not kebab-case. Ids are typed in shells and go into file names.`,
      );
      const repeated = [
        ...twice((plugin.connectors ?? []).map((one) => one.type.id)),
        ...twice(type().authMethods.map(({ id }) => id)),
        ...twice(type().resources.map((one) => one.type.id)),
      ];
      ensure(
        repeated.length === 0,
        `${repeated.join(", ")} is declared twice. Give each its own id, or one hides the other.`,
      );
    }),
    check("titles and descriptions", () => {
      const bare = described(type()).filter(([, one]) => one.title.trim() === "" || one.description.trim() === "");
      ensure(
        bare.length === 0,
        `${bare.map(([what, { id }]) => `${what} ${id}`).join(", ")} lacks its title or description. Lists and forms show nothing else.`,
      );
    }),
    check("secrets are writeOnly", () => {
      for (const { fields, id } of secretsOf(type())) secretFields(fields, id);
      for (const { type: one } of type().resources)
        for (const { fields, id, operation } of one.credentials) if (!operation) secretFields(fields, id);
    }),
    check("unknown configuration keys are refused", () => unknownKey(type())),
    check("permissions at every level", () => {
      for (const offer of type().resources)
        for (const access of accessLevels)
          for (const way of [offer.access[access] ?? []].flat())
            ensure(
              way.permissions.length > 0 && way.permissions.every(({ actions }) => actions.length > 0),
              `${offer.type.id} ${access} names no permissions. Say what it may do: policies, reference pages and refusals are made from these rows.`,
            );
    }),
    check("manifest can be made", async () => {
      const error = await failureOf(async () => manifestOf(plugin, "keywright-plugin-under-test"));
      ensure(
        error === undefined,
        `No manifest can be made of the declarations: ${(error as Error | undefined)?.message}. Without it, no host lists the plugin.`,
      );
    }),
    check("everything declared is implemented, and nothing else", async () => {
      for (const { type: one, load } of plugin.connectors ?? []) {
        const { default: runtime } = (await load()) as { default: AnyRuntime };
        sameIds(
          "Auth method",
          one.authMethods.map(({ id }) => id),
          Object.keys(runtime.authMethods),
        );
        sameIds(
          "Resource type",
          one.resources.map((offer) => offer.type.id),
          Object.keys(runtime.resources),
        );
        for (const offer of one.resources) {
          const made = runtime.resources[offer.type.id];
          ensure(
            offer.list === null || made?.list,
            `${offer.type.id} declares list and does not implement it. Implement it, or declare list: null.`,
          );
          ensure(
            !offer.revocable || made?.revoke,
            `${offer.type.id} says revocable: true and has no revoke. Implement it, or declare false.`,
          );
        }
      }
    }),
  ];
};
