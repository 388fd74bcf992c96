/** Finds a secret in what a plugin says: as it is, and in the encodings it tends to hide in. */
import { inspect } from "node:util";
import { type ObjectSchema, revealAll } from "@keywright/core";
import { toJsonSchema } from "@keywright/manifest";

/** The texts of a secret's fields that its schema calls `writeOnly`. */
export const secretTexts = (schema: ObjectSchema, secret: Readonly<Record<string, unknown>>): string[] => {
  const { properties = {} } = toJsonSchema(schema, "secret");
  return Object.entries(secret).flatMap(([name, value]) => {
    const property = properties[name];
    return typeof value === "string" && typeof property === "object" && property.writeOnly === true ? [value] : [];
  });
};

const encodings = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("hex"),
  JSON.stringify(secret).slice(1, -1),
];

/** Base64 shifts with what stands before it, so runs of it are decoded rather than guessed. */
const decoded = (text: string): string =>
  [...text.matchAll(/[A-Za-z0-9+/_-]{12,}/g)].map(([run]) => Buffer.from(run, "base64").toString("latin1")).join("\n");

export const holdsSecret = (text: string, secrets: readonly string[]): boolean => {
  const all = `${text}\n${decoded(text)}`;
  return secrets.some((secret) => encodings(secret).some((form) => all.includes(form)));
};

/** Everything of a value that somebody might print. */
export const asPrinted = (value: unknown): string => {
  const parts = [inspect(value, { depth: 12, maxStringLength: null }), JSON.stringify(value) ?? ""];
  for (let error = value; error instanceof Error; error = error.cause)
    parts.push(error.message, error.stack ?? "", JSON.stringify(error), String((error as { hint?: string }).hint));
  return parts.join("\n");
};
export const asRevealed = (value: unknown): string => JSON.stringify(revealAll(value));
