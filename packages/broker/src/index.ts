export type { AuditProof, AuditRow } from "./audit.ts";
export { type Broker, type BrokerOptions, createBroker, type Discovery, localActor } from "./broker.ts";
export { type GrantRequest } from "./cached.ts";
export type { Connector } from "./connector.ts";
export type { ConnectorFilter } from "./connector-rows.ts";
export type { Changes } from "./connectors.ts";
export type { Grant, GrantRecord, Preview, Revocation } from "./grants.ts";
export { type Environment, homeOf } from "./home.ts";
export { type KeyInfo, keyInfo } from "./key.ts";
export type { ListedResource } from "./listing.ts";
export {
  type ConnectorSource,
  createPluginHost,
  type InstalledPlugin,
  pluginAt,
  type PluginHost,
  projectOf,
} from "./plugins.ts";
export type { Registration } from "./registration.ts";
export type { Rotation } from "./rotation.ts";
export type { Saved, SaveOptions } from "./saving.ts";
export { openState } from "./state.ts";
export type { ReportedCheck, Verification } from "./verify.ts";
