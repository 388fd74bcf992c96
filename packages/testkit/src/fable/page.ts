/** Three a page, in order of name: short enough that a test meets several. */

const pageSize = 3;

export const page = (
  names: Iterable<string>,
  after: string | null,
): { readonly names: readonly string[]; readonly next: string | null } => {
  const rest = [...names].toSorted().filter((name) => after === null || name > after);
  const shown = rest.slice(0, pageSize);
  return { names: shown, next: rest.length > pageSize ? (shown.at(-1) ?? null) : null };
};
