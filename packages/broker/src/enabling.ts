/** Enabling and disabling of plugins, on record. */
import { KeywrightError } from "@keywright/core";
import { type Context, record } from "./context.ts";
import { integrityOf, type InstalledPlugin } from "./plugin-package.ts";
import { all, from } from "./tables.ts";

export type Enabling = { readonly accept?: boolean; readonly unlocked?: boolean };
/** True when this plugin, as it is now, was not enabled before. */
export const enablePlugin = async (context: Context, plugin: InstalledPlugin, how: Enabling = {}): Promise<boolean> => {
  const fresh = await context.host.enable(plugin, { ...how, now: context.now() });
  if (fresh)
    record(context, {
      action: "plugin.enable",
      outcome: "allowed",
      connector: null,
      detail: {
        package: plugin.package,
        version: plugin.version,
        integrity: how.unlocked === true ? null : integrityOf(plugin.files()),
      },
    });
  return fresh;
};

/** Refused while connectors are of its types: their credentials would be left without the code that knows them. */
export const disablePlugin = (context: Context, name: string): boolean => {
  const brings = context.host.typesOf(name);
  const users =
    brings.length === 0
      ? []
      : all(context.state, from.selectFrom("connectors").select("name").where("type", "in", brings).orderBy("name"));
  if (users.length > 0) {
    const names = users.slice(0, 5).map((one) => one.name);
    throw new KeywrightError(
      "conflict",
      `${name} is used by ${names.join(", ")}${users.length > 5 ? ` and ${users.length - 5} more` : ""}.`,
      { hint: `Delete them first: keywright connector delete ${names[0] ?? ""}`, data: { connectors: names } },
    );
  }
  const done = context.host.disable(name);
  if (done)
    record(context, { action: "plugin.disable", outcome: "allowed", connector: null, detail: { package: name } });
  return done;
};
