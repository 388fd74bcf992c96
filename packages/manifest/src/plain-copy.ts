/** A copy of JSON-like data that nobody else holds, without anything that could reach a prototype. */
import { prototypeKeys } from "./prototype-keys.ts";
import { shownName } from "./shown.ts";

const deepest = 32;
type Found = { readonly field: string; readonly message: string };

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};

/** Absent and `undefined` are the same. */
export const plainCopy = (given: unknown): { readonly copy: unknown; readonly problems: readonly Found[] } => {
  const problems: Found[] = [];
  const refuse = (field: string, what: string) => {
    problems.push({ field, message: field === "" ? what : `${field} ${what}` });
    return null;
  };
  const copyOf = (value: unknown, field: string, depth: number): unknown => {
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number") return Number.isFinite(value) ? value : refuse(field, "is no finite number");
    if (typeof value !== "object") return refuse(field, "is not plain data");
    if (depth > deepest) return refuse(field, "is nested too deep");
    if (Array.isArray(value)) return value.map((one, index) => copyOf(one, `${field}[${index}]`, depth + 1));
    if (!isPlain(value)) return refuse(field, "is not plain data");
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, one]) => {
        const at = field === "" ? shownName(name) : `${field}.${shownName(name)}`;
        if (one === undefined) return [];
        if (prototypeKeys.includes(name)) {
          refuse(at, "is not known");
          return [];
        }
        return [[name, copyOf(one, at, depth + 1)]];
      }),
    );
  };
  return { copy: copyOf(given, "", 0), problems };
};
