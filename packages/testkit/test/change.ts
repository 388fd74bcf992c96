/** Makes a wrong plugin of the correct one, by replacing one thing. */
import { writeFileSync } from "node:fs";
import type { Call, Check, ConnectorType, Plugin, Target } from "@keywright/core";

/* oxlint-disable typescript/no-explicit-any -- a mutant is wrong on purpose: its types would be, too */
export type Opening = { readonly config: any; readonly secret: any };
export type Method = { open(input: Opening, call: Call): Promise<any> };
export type Resource = {
  list(session: any, call: Call): AsyncIterable<{ readonly id: string }>;
  verify(session: any, target: Target | null, call: Call): AsyncIterable<Check>;
  issue(session: any, target: any, call: Call): Promise<any>;
  revoke(session: any, target: any, handle: string | null, call: Call): Promise<void>;
};
type Parts = {
  readonly plugin?: (plugin: Plugin) => Plugin;
  readonly type?: (type: any) => any;
  readonly method?: (real: Method) => Partial<Method>;
  readonly resource?: (real: Resource) => Partial<Resource>;
  readonly runtime?: (runtime: any) => any;
};

export const change =
  (parts: Parts) =>
  (twin: Plugin): Plugin => {
    const [one] = twin.connectors ?? [];
    if (!one) throw new Error("The twin has no connector.");
    const type: ConnectorType = parts.type ? parts.type(one.type) : one.type;
    const load = async () => {
      const { default: real } = await one.load();
      const method = real.authMethods["api-key"] as Method;
      const resource = real.resources["acme-cloud-gift-box"] as Resource;
      const made = {
        authMethods: { "api-key": { ...method, ...parts.method?.(method) } },
        resources: { "acme-cloud-gift-box": { ...resource, ...parts.resource?.(resource) } },
      };
      return { default: parts.runtime ? parts.runtime(made) : made };
    };
    const made: Plugin = { ...twin, connectors: [{ type, load }] };
    return parts.plugin ? parts.plugin(made) : made;
  };

/** The same call, which nothing ends. */
export const endless = (call: Call): Call => ({ ...call, signal: new AbortController().signal });
/** A target that differs in what matters. */
export const aimed = (target: any, how: object): any => ({ ...target, ...how });
export const at = (target: any, drawer: string): any =>
  aimed(target, { resource: { id: `acme-cloud://gift-box/${drawer}`, fields: { giftBox: drawer } } });
export const later = (issued: any, seconds: number): any => ({
  ...issued,
  expiresAt: new Date(issued.expiresAt.getTime() + seconds * 1000),
});
export const offers = (how: (offer: any) => any) => (type: any) => ({ ...type, resources: type.resources.map(how) });
export const methods = (how: (method: any) => any) => (type: any) => ({
  ...type,
  authMethods: type.authMethods.map(how),
});
export const scribble = (): void => writeFileSync("left-behind.json", "{}");
/* oxlint-enable typescript/no-explicit-any */
