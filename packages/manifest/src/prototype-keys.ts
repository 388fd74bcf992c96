/** Names that reach an object's prototype: never an attribute, never a key of a manifest. */
export const prototypeKeys: readonly string[] = ["__proto__", "constructor", "prototype"];
