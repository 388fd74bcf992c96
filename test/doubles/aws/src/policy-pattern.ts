/** Condition keys of a request. Keys compare without case; a key that is absent is not in the request context. */
export type Context = Readonly<Record<string, readonly string[]>>;

export const contextValues = (context: Context, key: string): readonly string[] | undefined => {
  const wanted = key.toLowerCase();
  const entry = Object.entries(context).find(([name]) => name.toLowerCase() === wanted);
  return entry?.[1];
};

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const glob = (text: string): string => escape(text).replaceAll("\\*", "[^]*").replaceAll("\\?", "[^]");

/**
 * A pattern as a regular expression, its policy variables replaced by literal text. Undefined when a variable has
 * no single value and no default: such a pattern matches nothing.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
const compile = (pattern: string, context: Context | undefined, wild: boolean): RegExp | undefined => {
  const literal = wild ? glob : escape;
  if (context === undefined) return new RegExp(`^${literal(pattern)}$`);
  let source = "";
  let end = 0;
  for (const variable of pattern.matchAll(/\$\{([^}]*)\}/g)) {
    source += literal(pattern.slice(end, variable.index));
    end = variable.index + variable[0].length;
    const [name = "", fallback] = (variable[1] ?? "").split(/,\s*/);
    const values = contextValues(context, name.trim());
    const value = "*?$".includes(name) && name !== "" ? name : (values?.[0] ?? fallback?.replace(/^'|'$/g, ""));
    if (value === undefined || (values !== undefined && values.length > 1)) return undefined;
    source += escape(value);
  }
  return new RegExp(`^${source}${literal(pattern.slice(end))}$`);
};

/** Wildcard match; policy variables are replaced when a context is given. */
export const matches = (pattern: string, text: string, variables: Context | undefined): boolean =>
  compile(pattern, variables, true)?.test(text) ?? false;

export const matchesAny = (patterns: readonly string[], text: string, variables: Context | undefined): boolean =>
  patterns.some((pattern) => matches(pattern, text, variables));

/** Exact match, in which `*` and `?` are plain characters; policy variables are replaced. */
export const equals = (pattern: string, text: string, variables: Context | undefined): boolean =>
  compile(pattern, variables, false)?.test(text) ?? false;
