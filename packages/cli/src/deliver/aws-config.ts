/** The AWS config file as text: sections found by line, everything that is not ours left as it is. */
import { KeywrightError } from "@keywright/core/errors";
import { awsCredentialKeys } from "@keywright/credentials/render";
import type { Edit } from "./edits.ts";

type Section = { readonly name: string; readonly from: number; readonly to: number };
const header = /^[ \t]*\[[ \t]*([^\]\n]+?)[ \t]*\]/;

/** `to` is the index of the line after the section. Lines before the first header belong to none. */
const sectionsOf = (lines: readonly string[]): Section[] => {
  const starts = lines.flatMap((line, index) => {
    const found = header.exec(line);
    return found ? [{ name: (found[1] ?? "").replace(/\s+/g, " ").replaceAll(/["']/g, ""), from: index }] : [];
  });
  return starts.map(({ name, from }, index) => ({ name, from, to: starts[index + 1]?.from ?? lines.length }));
};
const isProfile = (section: Section, profile: string): boolean =>
  section.name === `profile ${profile}` || (profile === "default" && section.name === "default");

export const checkProfileName = (profile: string): void => {
  if (/^[\w.@+-]{1,64}$/.test(profile)) return;
  throw new KeywrightError("usage", `${JSON.stringify(profile.slice(0, 80))} cannot be the name of a profile.`, {
    hint: "Use letters, digits and . _ @ + -: --profile NAME",
  });
};

const begin = (profile: string) => `# keywright login: begin of ${profile}; keywright connector logout takes it out`;
const end = (profile: string) => `# keywright login: end of ${profile}`;

/** Whether a profile is there, ours or somebody else's. */
export const profileIn = (text: string, profile: string): "ours" | "foreign" | null => {
  const lines = text.split(/\r?\n/);
  if (lines.includes(begin(profile))) return "ours";
  return sectionsOf(lines).some((section) => isProfile(section, profile)) ? "foreign" : null;
};
/** Keys of the same name in the credentials file win over any `credential_process`. */
export const hasStaticKeys = (credentials: string, profile: string): boolean => {
  const lines = credentials.split(/\r?\n/);
  const found = sectionsOf(lines).find(({ name }) => name === profile || name === `profile ${profile}`);
  return (
    found !== undefined && lines.slice(found.from, found.to).some((line) => /^\s*aws_access_key_id\s*=/i.test(line))
  );
};

/** Our section at the end, between two comments. */
export const addProfile = (text: string, profile: string, section: readonly string[]): Edit[] => {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const apart = text === "" || /(?:^|\n)\r?\n$/.test(text) ? "" : text.endsWith("\n") ? eol : eol + eol;
  return [{ at: text.length, removed: "", inserted: apart + [begin(profile), ...section, end(profile), ""].join(eol) }];
};

/** By its comments, where the file was changed since; `null`: it is not there any more. */
export const removeProfile = (text: string, profile: string): string | null => {
  const lines = text.split("\n");
  const bare = lines.map((line) => line.replace(/\r$/, ""));
  const from = bare.indexOf(begin(profile));
  const to = bare.indexOf(end(profile), from);
  if (from < 0 || to < 0) return null;
  const blank = from > 0 && bare[from - 1] === "" ? 1 : 0;
  return [...lines.slice(0, from - blank), ...lines.slice(to + 1)].join("\n");
};

const credentialKey = new RegExp(`^\\s*(?:${awsCredentialKeys.join("|")})\\s*[=:]`, "i");
/**
 * The copy that a child reads: every setting (region, endpoints, s3, services) and no way to a credential. The profile that
 * was chosen outside becomes the default one, since a child is told of no profile.
 */
export const withoutCredentials = (text: string, chosen?: string): string => {
  const lines = text.split(/\r?\n/);
  const kept = sectionsOf(lines).flatMap((section) => {
    if (section.name.startsWith("sso-session ")) return [];
    const body: string[] = [];
    let dropping = false;
    for (const line of lines.slice(section.from + 1, section.to)) {
      const nested = /^\s/.test(line);
      // Lines that go on from a dropped key go with it.
      if (!nested) dropping = credentialKey.test(line);
      if (!dropping && !credentialKey.test(line) && !/^\s*[#;]/.test(line)) body.push(line);
    }
    return [{ section, body }];
  });
  const print = (title: string, body: readonly string[]) => [
    `[${title}]`,
    ...body.filter((line) => line.trim() !== ""),
  ];
  const selected = chosen === undefined ? undefined : kept.find(({ section }) => isProfile(section, chosen));
  const out = kept.flatMap(({ section, body }) =>
    selected !== undefined && selected.section !== section && isProfile(section, "default")
      ? []
      : print(lines[section.from]?.trim().replace(/^\[|\].*$/g, "") ?? section.name, body),
  );
  if (selected && !isProfile(selected.section, "default")) out.push(...print("default", selected.body));
  return out.length === 0 ? "" : `${out.join("\n")}\n`;
};
