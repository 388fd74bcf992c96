/**
 * Edits of TypeScript that somebody wrote: ts-morph finds the place, and text is put in there, so that every other byte
 * stays as it was.
 */
import {
  type ArrayLiteralExpression,
  type CallExpression,
  Node,
  type ObjectLiteralExpression,
  Project,
  type SourceFile,
  SyntaxKind,
} from "ts-morph";

export type Insertion = { readonly at: number; readonly text: string };

export const parse = (path: string, text: string): SourceFile =>
  new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true }).createSourceFile(path, text);

/** Later places first, so that earlier ones stay where they are; those at one place in the order given. */
export const applied = (text: string, insertions: readonly Insertion[]): string => {
  const ordered = insertions
    .map((one, index) => ({ ...one, index }))
    .toSorted((a, b) => b.at - a.at || b.index - a.index);
  return ordered.reduce((result, { at, text: put }) => result.slice(0, at) + put + result.slice(at), text);
};

const indentOf = (node: Node): string =>
  /[ \t]*$/.exec(node.getSourceFile().getFullText().slice(0, node.getStart()))?.[0] ?? "";
const endOfLine = (file: SourceFile) => (file.getFullText().includes("\r\n") ? "\r\n" : "\n");
/** A list in brackets or braces: after its last member, in the way the others are written. */
const appended = (list: Node, members: readonly Node[], text: string, padding: string): Insertion => {
  const file = list.getSourceFile();
  const last = members.at(-1);
  if (!last) return { at: list.getStart() + 1, text: `${padding}${text}${padding}` };
  const rest = file.getFullText().slice(last.getEnd(), list.getEnd() - 1);
  const comma = /^\s*,/.exec(rest);
  const at = last.getEnd() + (comma?.[0].length ?? 0);
  const ownLine =
    file.getFullText().slice(list.getStart(), last.getStart()).includes("\n") &&
    /\n[ \t]*$/.test(file.getFullText().slice(0, last.getStart()));
  if (!ownLine) return { at: last.getEnd(), text: `, ${text}` };
  const line = `${endOfLine(file)}${indentOf(last)}`;
  const put = text.replaceAll("\n", line);
  return comma ? { at, text: `${line}${put},` } : { at, text: `,${line}${put}` };
};
export const addElement = (list: ArrayLiteralExpression, text: string): Insertion =>
  appended(list, list.getElements(), text, "");
/** `text`: `name: value`, or a name alone. */
export const addProperty = (object: ObjectLiteralExpression, text: string): Insertion =>
  appended(object, object.getProperties(), text, " ");

/** Names that the file does not import from there yet. */
export const addImport = (file: SourceFile, specifier: string, names: readonly string[]): Insertion[] => {
  const imports = file.getImportDeclarations();
  const same = imports.find((one) => one.getModuleSpecifierValue() === specifier && !one.isTypeOnly());
  const known = same?.getNamedImports().map((one) => one.getName()) ?? [];
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length === 0) return [];
  const last = same?.getNamedImports().at(-1);
  if (last) return [{ at: last.getEnd(), text: missing.map((name) => `, ${name}`).join("") }];
  const text = `import { ${missing.join(", ")} } from ${JSON.stringify(specifier)};`;
  const after = imports.at(-1);
  if (after) return [{ at: after.getEnd(), text: `${endOfLine(file)}${text}` }];
  const first = file.getStatements()[0];
  return [{ at: first?.getStart() ?? 0, text: `${text}${endOfLine(file).repeat(2)}` }];
};
export const addReexport = (
  file: SourceFile,
  specifier: string,
  names: readonly string[],
  typesOnly: boolean,
): Insertion[] => {
  const exports = file.getExportDeclarations();
  const known = exports.flatMap((one) => one.getNamedExports().map((name) => name.getName()));
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length === 0) return [];
  const text = `export ${typesOnly ? "type " : ""}{ ${missing.join(", ")} } from ${JSON.stringify(specifier)};`;
  const after = [...exports, ...file.getImportDeclarations()].toSorted((a, b) => a.getEnd() - b.getEnd()).at(-1);
  const gap = exports.length > 0 ? 1 : 2;
  return [
    after ? { at: after.getEnd(), text: endOfLine(file).repeat(gap) + text } : { at: 0, text: text + endOfLine(file) },
  ];
};

/** Every `name({ … })`, with the object. */
export const callsOf = (
  file: SourceFile,
  name: string,
): readonly { readonly call: CallExpression; readonly object: ObjectLiteralExpression }[] =>
  file.getDescendantsOfKind(SyntaxKind.CallExpression).flatMap((call) => {
    if (call.getExpression().getText() !== name) return [];
    const object = call.getArguments().find(Node.isObjectLiteralExpression);
    return object ? [{ call, object }] : [];
  });
export const valueOf = (object: ObjectLiteralExpression, name: string): Node | undefined => {
  const property = object.getProperty(name);
  if (Node.isPropertyAssignment(property)) return unwrapped(property.getInitializerOrThrow());
  if (Node.isShorthandPropertyAssignment(property)) return named(property.getSourceFile(), name);
  return undefined;
};
/** `x as const`, `x satisfies T` and `(x)` are x. */
const unwrapped = (node: Node): Node => {
  if (Node.isAsExpression(node) || Node.isSatisfiesExpression(node) || Node.isParenthesizedExpression(node))
    return unwrapped(node.getExpression());
  if (Node.isIdentifier(node)) return named(node.getSourceFile(), node.getText()) ?? node;
  return node;
};
/** What a constant of this file is. */
const named = (file: SourceFile, name: string): Node | undefined => {
  const initializer = file.getVariableDeclaration(name)?.getInitializer();
  return initializer && unwrapped(initializer);
};
export const textIn = (object: ObjectLiteralExpression, name: string): string | undefined => {
  const value = valueOf(object, name);
  return Node.isStringLiteral(value) ? value.getLiteralValue() : undefined;
};
