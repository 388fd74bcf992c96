/** Scaffolding as a function, for programs: what is asked for and what is there → what is to be written. */
export { UsageError } from "./names.ts";
export { type Given, help, type Kind, kinds, parseGiven, type Place, placeOf } from "./request.ts";
export { type Request, scaffold } from "./scaffold.ts";
export { type Changes, readTree, type Tree } from "./tree.ts";
