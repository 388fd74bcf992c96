/** How an export is declared, without what it does: bodies and private members are left out. */
import { Node } from "ts-morph";

const longest = 4000;
const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}\n…` : text);

type Signature = Node & {
  getTypeParameters(): readonly Node[];
  getParameters(): readonly Node[];
  getReturnTypeNode(): Node | undefined;
};
const parametersOf = (node: Signature): string =>
  node
    .getParameters()
    .map((one) => {
      if (!Node.isParameterDeclaration(one)) return one.getText();
      const type = one.getTypeNode()?.getText();
      const optional = one.isOptional() && !one.isRestParameter() ? "?" : "";
      const bare = one.getNameNode().getText();
      // A destructured parameter is named by what it is.
      const name = bare.startsWith("{") ? "options" : bare;
      return `${one.isRestParameter() ? "..." : ""}${name}${optional}${type === undefined ? "" : `: ${type}`}`;
    })
    .join(", ");
const called = (name: string, node: Signature): string => {
  const generics = node.getTypeParameters().map((one) => one.getText());
  const result = node.getReturnTypeNode()?.getText();
  return `${name}${generics.length > 0 ? `<${generics.join(", ")}>` : ""}(${parametersOf(node)})${result === undefined ? "" : `: ${result}`}`;
};

const membersOf = (node: Node): string =>
  Node.isClassDeclaration(node)
    ? node
        .getMembers()
        .filter((member) => !Node.isModifierable(member) || !member.hasModifier("private"))
        .filter((member) => !member.getText().startsWith("#"))
        .flatMap((member) => {
          const fixed = Node.isStaticable(member) && member.isStatic() ? "static " : "";
          if (Node.isConstructorDeclaration(member)) return [`  constructor(${parametersOf(member)});`];
          if (Node.isMethodDeclaration(member)) return [`  ${fixed}${called(member.getName(), member)};`];
          if (!Node.isPropertyDeclaration(member)) return [];
          const type = member.getTypeNode()?.getText();
          return type === undefined ? [] : [`  ${fixed}readonly ${member.getName()}: ${type};`];
        })
        .join("\n")
    : "";

const valueText = (name: string, node: Node): string => {
  if (!Node.isVariableDeclaration(node)) return `const ${name}`;
  const type = node.getTypeNode()?.getText();
  if (type !== undefined) return `const ${name}: ${type}`;
  const value = node.getInitializer();
  const text = value?.getText() ?? "";
  if (text.length <= 400) return `const ${name} = ${text}`;
  return Node.isCallExpression(value) ? `const ${name} = ${value.getExpression().getText()}(…)` : `const ${name}`;
};

export const signatureOf = (name: string, node: Node): string => {
  if (Node.isTypeAliasDeclaration(node) || Node.isInterfaceDeclaration(node))
    return cut(node.getText().replace(/^export /, ""));
  if (Node.isClassDeclaration(node)) {
    const base = node.getExtends()?.getText();
    return `class ${name}${base === undefined ? "" : ` extends ${base}`} {\n${membersOf(node)}\n}`;
  }
  if (Node.isFunctionDeclaration(node)) return `function ${called(name, node)}`;
  const value = Node.isVariableDeclaration(node) ? node.getInitializer() : undefined;
  if (value && (Node.isArrowFunction(value) || Node.isFunctionExpression(value)))
    return `function ${called(name, value)}`;
  return cut(valueText(name, node));
};
