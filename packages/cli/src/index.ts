/** The SDK: `import { openKeywright } from "keywright"`. */
export * from "./sdk.ts";
export { type ErrorCode, KeywrightError } from "@keywright/core/errors";
export { Redacted } from "@keywright/core";
export type { Broker, Connector, Grant, GrantRequest } from "@keywright/broker";
