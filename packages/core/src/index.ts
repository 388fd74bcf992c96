export * from "./consumers.ts";
export * from "./contract.ts";
export * from "./errors.ts";
export * from "./matrix.ts";
export * from "./nearest.ts";
export * from "./redacted.ts";
export * from "./resource-id.ts";
export { bracketedIn, fill, match, namesIn, render, type Values } from "./template.ts";
