/** The formats a manifest may name, checked as zod checks them, whichever validator runs. */
import * as z from "zod";

const schemas = {
  email: z.email(),
  "date-time": z.iso.datetime(),
  date: z.iso.date(),
  uri: z.url(),
  uuid: z.uuid(),
  ipv4: z.ipv4(),
  ipv6: z.ipv6(),
} as const;
type Format = keyof typeof schemas;

/** How a person is told what is expected. */
const names: Readonly<Record<Format, string>> = {
  email: "an e-mail address",
  "date-time": "a date and time like 2026-01-31T12:00:00Z",
  date: "a date like 2026-01-31",
  uri: "a URL",
  uuid: "a UUID",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
};
const isFormat = (format: string): format is Format => Object.hasOwn(schemas, format);
export const formatName = (format: string): string => (isFormat(format) ? names[format] : format);

/** URLs are taken as they are written, while zod would trim them. */
export const formatChecks: Readonly<Record<string, (text: string) => boolean>> = Object.fromEntries(
  Object.entries(schemas).map(([format, schema]) => [
    format,
    (text: string) => !(format === "uri" && /\s/.test(text)) && schema.safeParse(text).success,
  ]),
);

/** The pattern that zod 4 writes beside a format, which says nothing that the format does not. */
export const impliedPattern = (format: string): unknown =>
  isFormat(format) ? z.toJSONSchema(schemas[format], { target: "draft-07" })["pattern"] : undefined;
