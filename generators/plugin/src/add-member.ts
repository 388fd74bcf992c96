/** One more auth method or resource type in a connector type that is there: new files, and a line in each list that names them. */
import { posix } from "node:path";
import { Node, type ArrayLiteralExpression, type ObjectLiteralExpression, SyntaxKind, type SourceFile } from "ts-morph";
import { camel, UsageError } from "./names.ts";
import {
  addElement,
  addImport,
  addProperty,
  applied,
  callsOf,
  type Insertion,
  parse,
  textIn,
  valueOf,
} from "./source-edit.ts";
import { template } from "./templates.ts";
import { addFile, type Tree } from "./tree.ts";

type Found<N extends Node> = { readonly path: string; readonly node: N };
type Connector = {
  readonly id: string;
  /** Constant that holds the declaration. */
  readonly name: string;
  readonly path: string;
  readonly object: ObjectLiteralExpression;
};
type Runtime = Found<ObjectLiteralExpression> & {
  /** Type of its sessions, and the module that exports it. */
  readonly session: { readonly name: string; readonly path: string } | null;
};

const sources = (tree: Tree) => [...tree].filter(([path]) => path.startsWith("src/") && path.endsWith(".ts"));
const relativeTo = (from: string, to: string) => {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
};
const resolved = (from: string, specifier: string) =>
  posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");

const connectorsOf = (tree: Tree): readonly Connector[] =>
  sources(tree).flatMap(([path, text]) => {
    if (!text.includes("defineConnectorType")) return [];
    return callsOf(parse(path, text), "defineConnectorType").flatMap(({ call, object }) => {
      const declaration = call.getFirstAncestorByKind(SyntaxKind.VariableDeclaration);
      const id = textIn(object, "id");
      return declaration && id !== undefined ? [{ id, name: declaration.getName(), path, object }] : [];
    });
  });
const connectorOf = (tree: Tree, wanted: string | undefined): Connector => {
  const all = connectorsOf(tree);
  const ids = all.map(({ id }) => id);
  const found = wanted === undefined ? (all.length === 1 ? all[0] : undefined) : all.find(({ id }) => id === wanted);
  if (found) return found;
  if (all.length === 0)
    throw new UsageError(
      "The plugin declares no connector type.",
      "Add one first: --kind connector. Nothing was written.",
    );
  if (wanted === undefined)
    throw new UsageError(
      `The plugin declares several connector types: ${ids.join(", ")}.`,
      "Say which: --connector ID.",
    );
  throw new UsageError(`The plugin declares no connector type ${wanted}.`, `There is: ${ids.join(", ")}.`);
};

/** A list that is written in place, in a constant of the file, or in one that the file imports. */
const listOf = (tree: Tree, { path, object }: Connector, name: string): Found<ArrayLiteralExpression> => {
  const here = valueOf(object, name);
  if (Node.isArrayLiteralExpression(here)) return { path, node: here };
  const file = object.getSourceFile();
  const property = object.getProperty(name);
  const spelled = Node.isPropertyAssignment(property) ? property.getInitializer()?.getText() : name;
  for (const one of file.getImportDeclarations()) {
    if (!one.getNamedImports().some((imported) => imported.getName() === spelled)) continue;
    const at = resolved(path, one.getModuleSpecifierValue());
    const text = tree.get(at);
    const there =
      text === undefined
        ? undefined
        : parse(at, text)
            .getVariableDeclaration(spelled ?? "")
            ?.getInitializer();
    const list = Node.isAsExpression(there) ? there.getExpression() : there;
    if (Node.isArrayLiteralExpression(list)) return { path: at, node: list };
  }
  throw new UsageError(
    `${name} of the connector type in ${path} is no list that can be added to.`,
    "Write it as a list there: [ … ].",
  );
};

const runtimeOf = (tree: Tree, { name, id }: Connector): Runtime => {
  for (const [path, text] of sources(tree)) {
    if (!text.includes("ConnectorRuntime")) continue;
    const file = parse(path, text);
    for (const one of file.getDescendantsOfKind(SyntaxKind.SatisfiesExpression)) {
      const type = one.getTypeNode()?.getText() ?? "";
      const [, of, session] = /^ConnectorRuntime<typeof (\w+),\s*(\w+)>$/.exec(type) ?? [];
      const node = one.getExpression();
      if (of !== name || !Node.isObjectLiteralExpression(node)) continue;
      const from = file
        .getImportDeclarations()
        .find((imported) => imported.getNamedImports().some((part) => part.getName() === session));
      return {
        path,
        node,
        session:
          from && session !== undefined
            ? { name: session, path: resolved(path, from.getModuleSpecifierValue()) }
            : null,
      };
    }
  }
  throw new UsageError(
    `There is no runtime of ${id}: no object that \`satisfies ConnectorRuntime<typeof ${name}, …>\`.`,
    "Write it so, and it can be added to. Nothing was written.",
  );
};

type Member = {
  readonly implemented: string;
  readonly testKey: string;
  /** Word of the template that stands for it. */
  readonly word: "api-key" | "gift-box";
  readonly list: "authMethods" | "resources";
  readonly folder: "methods" | "resources";
  readonly options: "methods" | "resources";
  /** Constant that the declaration exports for the list. */
  readonly offered: string;
};

const insertedInto = (tree: Tree, path: string, make: (file: SourceFile) => readonly Insertion[]) => {
  const text = tree.get(path) ?? "";
  tree.set(path, applied(text, make(parse(path, text))));
};
const at = <N extends Node>(file: SourceFile, node: N, kind: SyntaxKind): N =>
  file
    .getDescendantsOfKind(kind)
    .find((one) => one.getStart() === node.getStart() && one.getEnd() === node.getEnd()) as unknown as N;

/** What the template's test says of it goes into the call of `testPlugin` that is of this connector type. */
const addCase = (tree: Tree, connector: Connector, member: Member, words: Readonly<Record<string, string>>): void => {
  const theirs = template("connector", words).get("test/conformance.test.ts") ?? "";
  const [example] = callsOf(parse("template.ts", theirs), "testPlugin");
  const cases = example && valueOf(example.object, member.options);
  const property = Node.isObjectLiteralExpression(cases)
    ? cases.getProperties().find((one) => one.getText().replaceAll('"', "").startsWith(`${member.testKey}:`))
    : undefined;
  if (!property) return;
  for (const [path, text] of tree) {
    if (!path.startsWith("test/") || !text.includes("testPlugin")) continue;
    const file = parse(path, text);
    const known = callsOf(file, "testPlugin")
      .filter(({ object }) => (textIn(object, "connector") ?? connector.id) === connector.id)
      .flatMap(({ object }) => valueOf(object, member.options) ?? []);
    const mine = known.find(Node.isObjectLiteralExpression);
    if (mine) return void tree.set(path, applied(text, [addProperty(mine, dedented(property))]));
  }
};
/** Its text, as it would stand at the margin. */
const dedented = (node: Node): string => {
  const text = node.getText();
  const lines = node.getSourceFile().getFullText().slice(0, node.getStart()).split("\n");
  const indent = /^\s*/.exec(lines.at(-1) ?? "")?.[0] ?? "";
  return text
    .split("\n")
    .map((line, index) => (index > 0 && line.startsWith(indent) ? line.slice(indent.length) : line))
    .join("\n");
};

/** Whether the plugin's own session is the template's, so that the template's code fits it. */
const isOfTemplate = (tree: Tree, runtime: Runtime): boolean =>
  runtime.session !== null && /\bcreateSession\b[^]*\bask\b/.test(tree.get(runtime.session.path) ?? "");

const addMember = (tree: Tree, connector: Connector, id: string, member: Member): void => {
  const runtime = runtimeOf(tree, connector);
  const list = listOf(tree, connector, member.list);
  const words = { "acme-cloud": connector.id, [member.word]: id };
  const files = template("connector", words);
  const declaration = posix.join(posix.dirname(connector.path), `${id}.ts`);
  const implementation = posix.join(posix.dirname(runtime.path), member.folder, `${id}.ts`);
  const clash = "Take another id, or move that file. Nothing was written.";
  addFile(tree, declaration, declared(files.get(`src/declaration/${id}.ts`) ?? "", tree, declaration, member), clash);
  addFile(
    tree,
    implementation,
    isOfTemplate(tree, runtime)
      ? (files.get(`src/runtime/${member.folder}/${id}.ts`) ?? "")
      : skeleton(connector, runtime, member, declaration, implementation),
    clash,
  );
  insertedInto(tree, list.path, (file) => [
    ...addImport(file, relativeTo(list.path, declaration), [member.offered]),
    addElement(at(file, list.node, SyntaxKind.ArrayLiteralExpression), member.offered),
  ]);
  insertedInto(tree, runtime.path, (file) => {
    const object = valueOf(at(file, runtime.node, SyntaxKind.ObjectLiteralExpression), member.list);
    if (!Node.isObjectLiteralExpression(object))
      throw new UsageError(
        `${member.list} in ${runtime.path} is no object that can be added to.`,
        "Write it as one there: { … }.",
      );
    const key = /^[a-z]\w*$/i.test(member.testKey) ? member.testKey : JSON.stringify(member.testKey);
    return [
      ...addImport(file, relativeTo(runtime.path, implementation), [member.implemented]),
      addProperty(object, key === member.implemented ? key : `${key}: ${member.implemented}`),
    ];
  });
  if (isOfTemplate(tree, runtime)) addCase(tree, connector, member, words);
};

/** A plugin that is not of the template has a credential kind of its own: the first that its sources define. */
const declared = (text: string, tree: Tree, path: string, member: Member): string => {
  const file = parse(path, text);
  const wanted = file.getImportDeclarations().find((one) => one.getModuleSpecifierValue().endsWith("-token.ts"));
  if (member.word !== "gift-box" || !wanted || tree.has(resolved(path, wanted.getModuleSpecifierValue()))) return text;
  for (const [at, source] of sources(tree)) {
    const [imported] = /\bimport \{[^}]*\} from "@keywright\/(?:credentials|resources)"/.exec(source) ?? [];
    const own = /export const (\w+) = defineCredentialKind\(/.exec(source)?.[1];
    const kind = own ?? /credential: (\w+)/.exec(source)?.[1];
    if (kind === undefined) continue;
    const from = own === undefined ? (imported === undefined ? null : "@keywright/credentials") : relativeTo(path, at);
    if (from === null) continue;
    const old = wanted.getNamedImports()[0]?.getName() ?? "";
    return text
      .replace(wanted.getText(), `import { ${kind} } from ${JSON.stringify(from)};`)
      .replaceAll(new RegExp(`\\b${old}\\b`, "g"), kind);
  }
  return text;
};

/** For a session that we do not know: it compiles, says what is to be written, and refuses until it is. */
const skeleton = (
  connector: Connector,
  runtime: Runtime,
  member: Member,
  declaration: string,
  path: string,
): string => {
  const session = runtime.session ?? { name: "Session", path: posix.join(posix.dirname(runtime.path), "session.ts") };
  const isMethod = member.folder === "methods";
  const unwritten = (what: string) =>
    `new KeywrightError("unsupported", "${what} of ${member.testKey} is not written yet.", { hint: "Write it in ${path}." })`;
  const lines = isMethod
    ? [
        `import { type AuthMethodRuntime, KeywrightError } from "@keywright/core";`,
        `import type { ${connector.name} } from "${relativeTo(path, connector.path)}";`,
        `import type { ${member.offered} as declared } from "${relativeTo(path, declaration)}";`,
        `import type { ${session.name} } from "${relativeTo(path, session.path)}";`,
        "",
        `export const ${member.implemented}: AuthMethodRuntime<typeof ${connector.name}, typeof declared, ${session.name}> = {`,
        `  open: async () => {`,
        `    throw ${unwritten("open")};`,
        `  },`,
        `};`,
      ]
    : [
        `import { KeywrightError, type ResourceRuntime } from "@keywright/core";`,
        `import type { ${member.offered} } from "${relativeTo(path, declaration)}";`,
        `import type { ${session.name} } from "${relativeTo(path, session.path)}";`,
        "",
        `export const ${member.implemented}: ResourceRuntime<typeof ${member.offered}, ${session.name}> = {`,
        ...["list", "verify"].flatMap((name) => [
          `  // oxlint-disable-next-line require-yield -- not written yet`,
          `  async *${name}() {`,
          `    throw ${unwritten(name)};`,
          `  },`,
        ]),
        ...["issue", "revoke"].flatMap((name) => [`  ${name}: async () => {`, `    throw ${unwritten(name)};`, `  },`]),
        `};`,
      ];
  return `${lines.join("\n")}\n`;
};

export const addAuthMethod = (tree: Tree, id: string, wanted: string | undefined): void => {
  const connector = connectorOf(tree, wanted);
  addMember(tree, connector, id, {
    implemented: camel(id),
    testKey: id,
    word: "api-key",
    list: "authMethods",
    folder: "methods",
    options: "methods",
    offered: camel(id),
  });
};
export const addResourceType = (tree: Tree, given: string, wanted: string | undefined): void => {
  const connector = connectorOf(tree, wanted);
  const id = given.startsWith(`${connector.id}-`) ? given.slice(connector.id.length + 1) : given;
  addMember(tree, connector, id, {
    implemented: camel(id),
    testKey: `${connector.id}-${id}`,
    word: "gift-box",
    list: "resources",
    folder: "resources",
    options: "resources",
    offered: `${camel(id)}Offer`,
  });
};
