/** Fable, a made-up cloud to practise on: deterministic, with a clock to move and faults to ask for. */
export type { Clock } from "./clock.ts";
export type { Fault, FaultKind } from "./faults.ts";
export type { RefusalCode } from "./refusal.ts";
export { secretBytesAtMost } from "./secret-routes.ts";
export { type Fable, type FableOptions, type FableRequest, startFable } from "./start-fable.ts";
export type { DrawerAccess, FableKey, FablePermission, Scope } from "./world.ts";
