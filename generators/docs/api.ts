/** What a package exports, as sections: signature and TSDoc, read from its sources without a type-check. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type Line, type Section, say } from "@keywright/manifest/reference";
import { Node, Project, type SourceFile } from "ts-morph";
import { signatureOf } from "./signature.ts";

export type ApiEntry = {
  readonly name: string;
  readonly form: "function" | "type" | "class" | "value";
  readonly signature: string;
  readonly doc: string;
};
/** One `import` path of a package: `@keywright/aws/clients/s3`. */
export type ApiModule = { readonly specifier: string; readonly doc: string; readonly entries: readonly ApiEntry[] };
export type ApiPackage = {
  readonly name: string;
  readonly description: string;
  readonly modules: readonly ApiModule[];
};
type Exports = Readonly<Record<string, string | { readonly "@keywright/source"?: string }>>;
type PackageJson = { readonly name: string; readonly description?: string; readonly exports?: Exports };

const project = () =>
  new Project({
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    skipLoadingLibFiles: true,
    compilerOptions: { noLib: true, noResolve: true },
  });

export const packageOf = (root: string, folder: string): PackageJson =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as PackageJson;
const entryPoints = ({ name, exports = {} }: PackageJson) =>
  Object.entries(exports).flatMap(([path, where]) => {
    const source = typeof where === "string" ? undefined : where["@keywright/source"];
    return source === undefined ? [] : [{ specifier: path === "." ? name : `${name}${path.slice(1)}`, source }];
  });

/** Finds what a specifier names: a file beside the importing one, or the source of a package of ours. */
const createReader = (root: string, folders: readonly string[]) => {
  const sources = project();
  const byName = new Map(
    folders.flatMap((folder) =>
      entryPoints(packageOf(root, folder)).map(({ specifier, source }) => [specifier, join(root, folder, source)]),
    ),
  );
  const at = (path: string): SourceFile | undefined =>
    sources.getSourceFile(path) ?? (existsSync(path) ? sources.addSourceFileAtPath(path) : undefined);
  return {
    at,
    from: (file: SourceFile, specifier: string) => {
      if (specifier.startsWith(".")) return at(join(dirname(file.getFilePath()), specifier));
      const path = byName.get(specifier);
      return path === undefined ? undefined : at(path);
    },
  };
};
type Reader = ReturnType<typeof createReader>;

const docOf = (node: Node): string => {
  const holder = Node.isVariableDeclaration(node) ? node.getVariableStatement() : node;
  if (holder === undefined || !Node.isJSDocable(holder)) return "";
  return (
    holder
      .getJsDocs()
      .map((doc) => doc.getDescription().trim())
      .filter((text) => text !== "")
      .at(-1) ?? ""
  );
};
const formOf = (node: Node): ApiEntry["form"] => {
  if (Node.isTypeAliasDeclaration(node) || Node.isInterfaceDeclaration(node)) return "type";
  if (Node.isClassDeclaration(node)) return "class";
  if (Node.isFunctionDeclaration(node)) return "function";
  const value = Node.isVariableDeclaration(node) ? node.getInitializer() : undefined;
  return value && (Node.isArrowFunction(value) || Node.isFunctionExpression(value)) ? "function" : "value";
};
const entryOf = (name: string, node: Node): ApiEntry => ({
  name,
  form: formOf(node),
  signature: signatureOf(name, node),
  doc: docOf(node),
});

const declaredIn = (file: SourceFile): ReadonlyMap<string, Node> =>
  new Map<string, Node>(
    [
      ...file.getVariableDeclarations(),
      ...file.getTypeAliases(),
      ...file.getInterfaces(),
      ...file.getFunctions(),
      ...file.getClasses(),
    ].map((node) => [node.getName() ?? "default", node]),
  );
const isExported = (node: Node): boolean =>
  Node.isVariableDeclaration(node)
    ? node.getVariableStatement()?.hasExportKeyword() === true
    : Node.isExportable(node) && node.hasExportKeyword();

/** `export const`, `export { a } from`, `export * from`, also where what is named was imported before. */
const exportsOf = (reader: Reader, file: SourceFile, seen = new Set<SourceFile>()): ReadonlyMap<string, Node> => {
  if (seen.has(file)) return new Map();
  seen.add(file);
  const declared = declaredIn(file);
  const found = new Map([...declared].filter(([, node]) => isExported(node)));
  const inside = (specifier: string | undefined, name: string): Node | undefined => {
    if (specifier !== undefined) {
      const target = reader.from(file, specifier);
      return target && exportsOf(reader, target, new Set()).get(name);
    }
    const local = declared.get(name);
    if (local !== undefined) return local;
    const imported = file
      .getImportDeclarations()
      .find((one) => one.getNamedImports().some((named) => named.getName() === name));
    return imported && inside(imported.getModuleSpecifierValue(), name);
  };
  for (const declaration of file.getExportDeclarations()) {
    const specifier = declaration.getModuleSpecifierValue();
    const named = declaration.getNamedExports();
    for (const one of named) {
      const node = inside(specifier, one.getName());
      if (node) found.set(one.getAliasNode()?.getText() ?? one.getName(), node);
    }
    const target = named.length === 0 && specifier !== undefined ? reader.from(file, specifier) : undefined;
    for (const [name, node] of target ? exportsOf(reader, target, seen) : []) found.set(name, node);
  }
  return found;
};

/** The comment at the head of a file, where it is not the first declaration's own. */
const headOf = (file: SourceFile): string => {
  const [first] = file.getStatementsWithComments();
  const text = first?.getFullText() ?? "";
  const comments = [...text.matchAll(/\/\*\*([^]*?)\*\//g)].map(([, inner]) => inner ?? "");
  const own = first !== undefined && Node.isJSDocable(first) && first.getJsDocs().length === comments.length ? 1 : 0;
  const [comment] = comments.slice(0, comments.length - (first && !Node.isImportDeclaration(first) ? own : 0));
  return (comment ?? "")
    .replaceAll(/^\s*\* ?/gm, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
};

/** Every folder's package, in the order given; `known` are further packages that they re-export from. */
export const apiOf = (
  root: string,
  folders: readonly string[],
  known: readonly string[] = folders,
): readonly ApiPackage[] => {
  const reader = createReader(root, [...new Set([...known, ...folders])]);
  return folders.map((folder) => {
    const described = packageOf(root, folder);
    const modules = entryPoints(described).flatMap(({ specifier, source }) => {
      const file = reader.at(join(root, folder, source));
      if (file === undefined) return [];
      const entries = [...exportsOf(reader, file)]
        .map(([name, node]) => entryOf(name, node))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      return [{ specifier, doc: headOf(file), entries }];
    });
    return { name: described.name, description: described.description ?? relative(root, folder), modules };
  });
};

/** TSDoc as text and literals; a link keeps its name. */
export const lineOf = (doc: string): Line =>
  doc
    .replaceAll(/\{@link ([^}|]+)(?:\|[^}]*)?\}/g, "`$1`")
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? { code: part } : part.replaceAll(/\s+/g, " ")))
    .filter((part) => part !== "");

/** Sections for a package's `reference.md`. */
export const apiSections = ({ modules }: ApiPackage): readonly Section[] =>
  modules
    .filter(({ entries }) => entries.length > 0)
    .map(({ specifier, doc, entries }) => ({
      id: `api/${specifier}`,
      level: 2,
      what: "TypeScript",
      name: specifier,
      title: "exports",
      description: doc,
      blocks: entries.flatMap((one) => [
        { kind: "heading", depth: 1, text: one.name } as const,
        ...(one.doc === "" ? [] : [say(...lineOf(one.doc))]),
        { kind: "code", language: "ts", text: one.signature } as const,
      ]),
    }));
