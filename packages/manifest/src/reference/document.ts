/** A reference as plain data: what a page says, without how it is written down. Text in it is never markup. */

/** Text as it is, a literal, an emphasis, or a link to a section by its id (`method/aws/iam-role`) or to a file (`schema/x`). */
export type Inline =
  | string
  | { readonly code: string }
  | { readonly strong: string }
  | { readonly to: string; readonly code: string };
export type Line = readonly Inline[];
export type Row = { readonly anchor?: string; readonly cells: readonly Line[] };
export type Block =
  | { readonly kind: "text"; readonly line: Line }
  | { readonly kind: "heading"; readonly depth: 1 | 2; readonly text: string }
  | { readonly kind: "list"; readonly lines: readonly Line[] }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly Row[] }
  | { readonly kind: "code"; readonly language: string; readonly text: string };
export type Section = {
  /** What links name: `resource/aws/s3-bucket`. */
  readonly id: string;
  /** 2: a thing of its own; 3: a part of the one before. */
  readonly level: 2 | 3;
  /** `Auth method`. */
  readonly what: string;
  /** `iam-role`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly blocks: readonly Block[];
};

export const say = (...line: Line): Block => ({ kind: "text", line });
export const heading = (text: string, depth: 1 | 2 = 1): Block => ({ kind: "heading", depth, text });
export const listOf = (lines: readonly Line[]): readonly Block[] => (lines.length > 0 ? [{ kind: "list", lines }] : []);
export const code = (language: string, text: string): Block => ({ kind: "code", language, text });
export const table = (head: readonly string[], rows: readonly Row[]): readonly Block[] =>
  rows.length > 0 ? [{ kind: "table", head, rows }] : [];
/** `a, b, c`, each as a literal. */
export const literals = (names: readonly string[]): Line =>
  names.flatMap((name, index) => (index === 0 ? [{ code: name }] : [", ", { code: name }]));
