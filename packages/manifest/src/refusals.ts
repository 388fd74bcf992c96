/** What a plugin's schema may not contain, because JSON Schema would drop it without a word. */
import { KeywrightError } from "@keywright/core";

export type Refusal = { readonly field: string; readonly what: string; readonly hint: string };

/** Where a walk stands. */
export type Place = {
  /** `endpoints[].url`; empty at the root. */
  readonly path: string;
  /** A property's own schema may be optional or have a default, what is inside a list or union may not. */
  readonly at: "property" | "inside";
  /** Validators fill in no defaults inside a union. */
  readonly inUnion: boolean;
  /** Schemas above, to notice one that contains itself. */
  readonly above: readonly object[];
};
export const root: Place = { path: "", at: "inside", inUnion: false, above: [] };
export const propertyOf = (place: Place, name: string): Place => ({
  ...place,
  at: "property",
  path: place.path === "" ? name : `${place.path}.${name}`,
});
export const insideOf = (place: Place, suffix = ""): Place => ({
  ...place,
  at: "inside",
  path: `${place.path}${suffix}`,
});

export const strictHint = "Write z.strictObject({ … }) in zod 4, z.object({ … }).strict() in zod/v3.";
export const refinement = {
  what: "has a refinement, which would vanish from JSON Schema",
  hint: "Write a pattern or bounds on the field; across fields write `rules` as data.",
};
export const transform = {
  what: "has a transform, which would vanish from JSON Schema",
  hint: "Take the value as it is written and convert it in the runtime; for a secret write secretString().",
};
export const coerced = {
  what: "is coerced, so any input would be accepted",
  hint: "Write the type itself (z.number()); text from a command line is converted by the manifest's validation.",
};
export const rewritten = {
  what: "is rewritten while it is checked (trim, case, normalize), which JSON Schema cannot carry",
  hint: "Refuse other spellings with a pattern instead.",
};
export const recursive = {
  what: "is recursive",
  hint: "Write the levels out; forms and flags cannot show a shape without an end.",
};
export const undescribed = { what: "has no description", hint: "Add .describe() to the field." };
export const loose = { what: "accepts unknown keys", hint: strictHint };
export const defaultOfSecret = { what: "is a secret with a default", hint: "Remove the default." };
export const defaultInUnion = {
  what: "has a default inside a union, where validators fill in nothing",
  hint: "Give the default to the union itself.",
};
export const unsteadyDefault = {
  what: "has a default that is no constant",
  hint: "Compute it in the runtime when the field is absent.",
};
export const misplacedOptional = {
  what: "is optional or has a default inside a list, a record, a union or nullable()",
  hint: "Make the property itself optional: .optional() comes last.",
};
export const manyFormats = { what: "has more than one format", hint: "Keep one, or write a pattern." };
export const flagged = (flags: string) => ({
  what: `has a pattern with the flags "${flags}", which JSON Schema cannot carry`,
  hint: "Write the pattern without flags: [Aa] for i; `u` alone may stay.",
});
export const notUnicode = {
  what: "has a pattern that is invalid under the flag u, which JSON Schema validators set",
  hint: "Escape only what needs it: - first or last in a class, no backslash before other punctuation.",
};
export const reservedName = {
  what: "is a name that JavaScript objects reserve",
  hint: "Choose another name.",
};

const instead = new Map(
  Object.entries({
    date: ["a date", "Write z.iso.datetime() in zod 4, z.string().datetime() in zod/v3."],
    bigint: ["a bigint", "Write z.int(), or a string with a pattern."],
    map: ["a map", "Write z.record()."],
    set: ["a set", "Write z.array()."],
    function: ["a function", "A declaration is plain data; functions belong to the runtime."],
    symbol: ["a symbol", "Write z.enum() of strings."],
    promise: ["a promise", "Write what it resolves to."],
    any: ["of any type", "Name the shape: z.record(), z.strictObject() or a union."],
    unknown: ["of unknown type", "Name the shape: z.record(), z.strictObject() or a union."],
    custom: ["of a custom type", "Write the shape of the JSON; check the rest in the runtime."],
    catch: ["a catch, which hides invalid input", "Write .default() or .optional()."],
    readonly: ["readonly()", "Remove it: declarations are read-only by type."],
    intersection: ["an intersection", "Put the fields into one strict object."],
    tuple: ["a tuple", "Write an object, so that each part has a name."],
    templateliteral: ["a template literal", "Write a string with a pattern."],
    never: ["never", "Leave the field out."],
    void: ["void", "Write .optional() on the field."],
    undefined: ["undefined", "Write .optional() on the field."],
    nan: ["NaN", "Leave it out: JSON has no NaN."],
    file: ["a file", "Take its path, or its text."],
    pipeline: ["a pipe", transform.hint],
  }),
);
/** `type`: zod 4's `def.type`, or zod 3's type name without `Zod`. */
export const construct = (type: string) => {
  const [what, hint] = instead.get(type.toLowerCase().replaceAll("_", "")) ?? [
    type,
    "Write strings, numbers, booleans, enums, lists, records, strict objects or unions of them.",
  ];
  return { what: `is ${what}, which a manifest cannot carry`, hint: hint ?? "" };
};

export const patternRefusals = (field: string, pattern: RegExp): Refusal[] => {
  if (pattern.flags !== "" && pattern.flags !== "u") return [{ field, ...flagged(pattern.flags) }];
  try {
    return new RegExp(pattern.source, "u").unicode ? [] : [{ field, ...notUnicode }];
  } catch {
    return [{ field, ...notUnicode }];
  }
};
/** A default is read twice: one that counts or draws lots shows itself. */
export const defaultRefusals = (field: string, read: () => unknown): Refusal[] => {
  try {
    const [first, second] = [JSON.stringify(read()), JSON.stringify(read())];
    return first === second && first !== undefined ? [] : [{ field, ...unsteadyDefault }];
  } catch {
    return [{ field, ...unsteadyDefault }];
  }
};

export const pluginInvalid = (where: string, refusals: readonly Refusal[]): KeywrightError =>
  new KeywrightError(
    "plugin-invalid",
    `${where}: ${refusals.map(({ field, what }) => `${field === "" ? "the schema" : field} ${what}`).join("; ")}.`,
    { hint: [...new Set(refusals.map(({ hint }) => hint))].join(" "), data: { problems: refusals } },
  );
