/** The SDK, which is what a program that imports this package gets: `openKeywright`. */
export * from "./sdk.ts";
export { type ErrorCode, KeywrightError } from "@keywright/core/errors";
export { Redacted } from "@keywright/core";
export type { Broker, Connector, Grant, GrantRequest } from "@keywright/broker";
