/** What the contract promises to the compiler: each mistake marked here must not compile, and `tsc` fails when one does. */
import * as z from "zod";
import * as z3 from "zod/v3";
import {
  type AuthMethodRuntime,
  type Call,
  type ComponentRuntime,
  type ConnectorRuntime,
  defineAuthMethod,
  defineComponentFlavor,
  defineConnectorType,
  defineCredentialKind,
  defineResourceType,
  defineSecretSchema,
  defineSecretStore,
  offer,
  Redacted,
  type ResourceRuntime,
  type SecretStoreRuntime,
  secretString,
} from "../src/index.ts";

const described = { title: "T", description: "D." } as const;
const session = defineCredentialKind({
  id: "session",
  ...described,
  fields: z.strictObject({ key: z.string(), secret: secretString("S.") }),
});
const other = defineCredentialKind({
  id: "other",
  ...described,
  fields: z.strictObject({ token: secretString("T.") }),
});
const signer = defineCredentialKind({
  id: "signer",
  ...described,
  fields: z.strictObject({ publicKey: z.string() }),
  operation: { input: z.strictObject({ data: z.string() }), output: z.strictObject({ signature: z.string() }) },
});
const bucket = defineResourceType({ id: "bucket", ...described, credentials: [session] });
const host = defineResourceType({ id: "host", ...described, credentials: [signer] });
const account = defineResourceType({ id: "account", ...described, credentials: [session] });
const keys = defineSecretSchema({
  id: "keys",
  ...described,
  fields: z.strictObject({ id: z.string(), secret: secretString("S.") }),
});
const login = defineSecretSchema({
  id: "login",
  ...described,
  fields: z.strictObject({ token: secretString("T."), expiresAt: z.string() }),
});
const key = defineAuthMethod({
  id: "key",
  ...described,
  config: z.strictObject({ role: z.string().optional() }),
  secret: keys,
  lifetime: { min: 1, default: 2, max: 3 },
  provides: ["narrow"],
});
const device = defineAuthMethod({
  id: "device",
  ...described,
  config: z.strictObject({}),
  secret: null,
  login: { yields: login },
  lifetime: "provider",
  provides: [],
});
const maybe = defineAuthMethod({
  id: "maybe",
  ...described,
  config: z.strictObject({}),
  secret: keys,
  login: { yields: login, when: { name: "mfa" } },
  lifetime: "provider",
  provides: [],
});
const narrowed = {
  credential: session,
  permissions: [],
  confinement: { to: "resource", by: "narrow", through: "method" },
} as const;
const bucketOffer = offer(bucket, {
  resourceId: {
    spellings: ["b://{bucket}[/{prefix}]"],
    fields: { bucket: { pattern: "[a-z]+" }, prefix: { pattern: "[a-z]+" } },
  },
  access: { read: narrowed, write: narrowed },
  list: [],
  revocable: false,
});
const cloud = defineConnectorType({
  id: "cloud",
  ...described,
  config: z.strictObject({ region: z.string(), port: z.number().default(1) }),
  facts: ["account"],
  hosts: [],
  authMethods: [key, device, maybe],
  resources: [
    bucketOffer,
    offer(account, { resourceId: null, access: { admin: narrowed }, list: null, revocable: true }),
    offer(host, {
      resourceId: { spellings: ["{host}"], fields: { host: { pattern: ".+" } } },
      access: { write: { credential: signer, permissions: [], confinement: null } },
      list: null,
      revocable: false,
    }),
  ],
});
type Session = { readonly region: string };
type S3 = typeof bucketOffer;

const runtime = {
  authMethods: {
    key: {
      open: async ({ config, secret, parent }, call) => {
        config.region satisfies string;
        config.port satisfies number;
        config.role satisfies string | undefined;
        secret.secret satisfies Redacted;
        parent satisfies null;
        call.known?.principal satisfies string | undefined;
        // @ts-expect-error no such attribute
        config.nothing;
        return {
          session: { region: config.region },
          identity: { principal: "me", by: "asking" },
          facts: { account: "1" },
          expiresAt: null,
        };
      },
    },
    device: {
      open: async ({ secret, parent }) => {
        secret satisfies null;
        parent.token satisfies Redacted;
        return {
          session: { region: "" },
          identity: { principal: "me", by: "asking" },
          facts: { account: "1" },
          expiresAt: null,
          renewed: { token: "next", expiresAt: "" },
        };
      },
      login: async (_input, ask) => ({ token: await ask({ message: "?", answer: "secret" }), expiresAt: "" }),
    },
    maybe: {
      open: async ({ parent }) => {
        parent satisfies { token: Redacted; expiresAt: string } | null;
        return {
          session: { region: "" },
          identity: { principal: "me", by: "asking" },
          facts: { account: "1" },
          expiresAt: null,
        };
      },
      login: async () => ({ token: "", expiresAt: "" }),
    },
  },
  resources: {
    bucket: {
      async *list() {
        yield { id: "b://x" };
      },
      async *verify(_session, target) {
        target?.resource.fields.prefix satisfies string | undefined;
      },
      issue: async (one, target) => {
        target.resource.fields.bucket satisfies string;
        target.access satisfies "read" | "write";
        return { kind: "session", credential: { key: one.region, secret: new Redacted("") }, expiresAt: null };
      },
    },
    account: {
      async *verify() {},
      issue: async (_one, target) => {
        target.resource satisfies null;
        return { kind: "session", credential: { key: "", secret: new Redacted("") }, expiresAt: null };
      },
      revoke: async () => {},
    },
    host: {
      async *verify() {},
      issue: async () => ({ kind: "signer", credential: { publicKey: "" }, expiresAt: null }),
      perform: async (_one, _target, input) => ({ signature: input.data }),
    },
  },
} satisfies ConnectorRuntime<typeof cloud, Session>;
export default runtime;

const { device: _device, ...forgotten } = runtime.authMethods;
// @ts-expect-error a forgotten method
({ ...runtime, authMethods: forgotten }) satisfies ConnectorRuntime<typeof cloud, Session>;
const { bucket: _bucket, ...fewer } = runtime.resources;
// @ts-expect-error a forgotten resource
({ ...runtime, resources: fewer }) satisfies ConnectorRuntime<typeof cloud, Session>;
export const issue: ResourceRuntime<S3, Session>["issue"] = async (one, target, call) => {
  // @ts-expect-error an undeclared access level
  if (target.access === "admin") call.signal.throwIfAborted();
  // @ts-expect-error a field the canonical id does not have
  target.resource.fields.partition;
  // @ts-expect-error a prefix may be absent
  target.resource.fields.prefix.length;
  // @ts-expect-error a session is the plugin's own
  one.nothing;
  return runtime.resources.bucket.issue(one, target);
};
// @ts-expect-error a wrong credential kind
export const wrongKind: ResourceRuntime<S3, Session>["issue"] = async () => ({
  kind: "other",
  credential: { token: new Redacted("") },
  expiresAt: null,
});
// @ts-expect-error the right kind with another's fields
export const wrongFields: ResourceRuntime<S3, Session>["issue"] = async () => ({
  kind: "session",
  credential: { token: new Redacted("") },
  expiresAt: null,
});
// @ts-expect-error a secret in the clear
export const bare: ResourceRuntime<S3, Session>["issue"] = async () => ({
  kind: "session",
  credential: { key: "", secret: "in the clear" },
  expiresAt: null,
});
const unlisted = { resourceId: null, list: null, revocable: false } as const;
// @ts-expect-error a kind the resource type does not name
offer(bucket, { ...unlisted, access: { read: { ...narrowed, credential: other } } });
// @ts-expect-error a misspelt property
offer(bucket, { ...unlisted, revokable: true, access: { read: narrowed } });
// @ts-expect-error a misspelt level
offer(bucket, { ...unlisted, access: { raed: narrowed } });
// @ts-expect-error a misspelt property of a level
offer(bucket, { ...unlisted, access: { read: { ...narrowed, require: ["x"] } } });
// @ts-expect-error a forgotten property
defineAuthMethod({ id: "x", ...described, config: z.strictObject({}), secret: null, lifetime: "provider" });
const plain = { id: "x", ...described, config: z.strictObject({}), secret: null, lifetime: "provider" } as const;
// @ts-expect-error a misspelt property of a method
defineAuthMethod({ ...plain, provides: [], variant: [] });
const { account: accountRuntime, host: hostRuntime } = runtime.resources;
type Whole = ConnectorRuntime<typeof cloud, Session>["resources"];
// @ts-expect-error revocable without revoke
({ ...accountRuntime, revoke: undefined }) satisfies Whole["account"];
// @ts-expect-error a served kind without perform
({ ...hostRuntime, perform: undefined }) satisfies Whole["host"];
type Key = AuthMethodRuntime<typeof cloud, typeof key, Session>;
// @ts-expect-error an interactive method without login
({ open: runtime.authMethods.device.open }) satisfies AuthMethodRuntime<typeof cloud, typeof device, Session>;
const said = { session: { region: "" }, identity: { principal: "", by: "" }, expiresAt: null };
({ open: async () => ({ ...said, facts: { account: "1" } }) }) satisfies Key;
// @ts-expect-error a forgotten fact
({ open: async () => ({ ...said, facts: {} }) }) satisfies Key;
const { identity: _identity, ...unsaid } = said;
// @ts-expect-error nobody said who it is
({ open: async () => ({ ...unsaid, facts: { account: "1" } }) }) satisfies Key;
const half = { id: "x", ...described, fields: z.strictObject({}), operation: { input: z.strictObject({}) } } as const;
// @ts-expect-error an operation needs both sides
defineCredentialKind(half);
const store = {
  config: z.strictObject({ place: z.string() }),
  connector: null,
  limits: { path: ".*", valueBytes: 1 },
  features: [],
} as const;
const readable = defineSecretStore({ id: "readable", ...described, ...store, readable: "readable" });
const blind = defineSecretStore({ id: "blind", ...described, ...store, readable: "write-only" });
const opened = { write: async () => ({ version: "1" }), remove: async () => true, async *list() {} };
({
  open: async ({ config, sealer }) => (config.place satisfies string, sealer.keyId satisfies string, opened),
}) satisfies SecretStoreRuntime<typeof blind>;
// @ts-expect-error a readable store without read
({ open: async () => opened }) satisfies SecretStoreRuntime<typeof readable>;

const flavor = defineComponentFlavor({
  id: "f",
  component: "artifact-store",
  ...described,
  config: z.strictObject({ path: z.string() }),
  connector: { type: bucket, access: "write", resourceId: "{path}" },
  idAttribute: "path",
});
({
  open: async ({ grant }, call: Call) => {
    const { kind, credential } = await grant(call);
    kind satisfies "session";
    // @ts-expect-error a grant of another kind
    return String(credential.token);
  },
}) satisfies ComponentRuntime<typeof flavor, string>;

/** A plugin written with zod 3 still fits, and keeps its types. */
const oldKind = defineCredentialKind({ id: "old", ...described, fields: z3.object({ key: z3.string() }).strict() });
const oldThing = defineResourceType({ id: "old-thing", ...described, credentials: [oldKind] });
const oldSecret = defineSecretSchema({
  id: "old-secret",
  ...described,
  fields: z3.object({ password: z3.string() }).strict(),
});
const oldMethod = defineAuthMethod({
  id: "password",
  ...described,
  config: z3.object({ user: z3.string() }).strict(),
  secret: oldSecret,
  lifetime: "unbounded",
  provides: [],
});
export const old = defineConnectorType({
  id: "old",
  ...described,
  config: z3.object({ port: z3.number().default(1) }).strict(),
  facts: [],
  hosts: [],
  authMethods: [oldMethod],
  resources: [
    offer(oldThing, {
      resourceId: null,
      list: null,
      revocable: false,
      access: { read: { credential: oldKind, permissions: [], confinement: null } },
    }),
  ],
});
({
  authMethods: {
    password: {
      open: async ({ config, secret }) => {
        config.port satisfies number;
        secret.password satisfies string;
        // @ts-expect-error no such attribute
        config.nothing;
        return { session: config.user, identity: { principal: "", by: "" }, facts: {}, expiresAt: null };
      },
    },
  },
  resources: {
    "old-thing": {
      async *verify() {},
      issue: async (one) => ({ kind: "old", credential: { key: one }, expiresAt: null }),
    },
  },
}) satisfies ConnectorRuntime<typeof old, string>;
