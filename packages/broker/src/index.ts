export type { AuditProof, AuditRow } from "./audit.ts";
export { type Broker, type BrokerOptions, createBroker, type Discovery, localActor } from "./broker.ts";
export { type GrantRequest } from "./cached.ts";
export { valuesOf } from "./plan.ts";
export type { Connector } from "./connector.ts";
export type { ConnectorFilter } from "./connector-rows.ts";
export type { Changes } from "./connectors.ts";
export type { Grant, GrantRecord, Preview, Revocation } from "./grants.ts";
export { type Environment, homeOf } from "./home.ts";
export { type KeyInfo, keyInfo } from "./key.ts";
export type { ListedResource } from "./listing.ts";
export {
  differences,
  type Difference,
  type Lock,
  type Locked,
  lockFile,
  lockVersion,
  readLock,
} from "./plugin-lock.ts";
export {
  dependenciesOf,
  type Hashes,
  type InstalledPlugin,
  installedIn,
  integrityOf,
  pluginAt,
  projectOf,
  readPackageJson,
} from "./plugin-package.ts";
export {
  broughtBy,
  type ConnectorSource,
  createPluginHost,
  type PluginHost,
  type PluginStanding,
  type Preference,
} from "./plugins.ts";
export type { Registration } from "./registration.ts";
export type { Rotation } from "./rotation.ts";
export type { Saved, SaveOptions } from "./saving.ts";
export { openState } from "./state.ts";
export type { ReportedCheck, Verification } from "./verify.ts";
