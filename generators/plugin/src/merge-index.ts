/** Brings what a template's `src/index.ts` declares into one that is there: imports, exports, members of `definePlugin`. */
import { Node } from "ts-morph";
import { UsageError } from "./names.ts";
import {
  addElement,
  addImport,
  addProperty,
  addReexport,
  applied,
  callsOf,
  type Insertion,
  parse,
  valueOf,
} from "./source-edit.ts";

const pluginObject = (path: string, text: string) => {
  const file = parse(path, text);
  const [found] = callsOf(file, "definePlugin");
  if (!found)
    throw new UsageError(
      `${path} has no definePlugin({ … }).`,
      "Export the plugin there: export default definePlugin({ … })",
    );
  return { file, object: found.object };
};

/** `folder`: where the template's files went below `src/`, as its imports name it. */
export const mergeIndex = (present: string, template: string, folder = "."): string => {
  const { file, object } = pluginObject("src/index.ts", present);
  const theirs = pluginObject("template", template);
  const moved = (specifier: string) => (specifier.startsWith("./") ? `${folder}/${specifier.slice(2)}` : specifier);
  const insertions: Insertion[] = [];
  for (const one of theirs.file.getImportDeclarations()) {
    const names = one.getNamedImports().map((name) => name.getName());
    insertions.push(...addImport(file, moved(one.getModuleSpecifierValue()), names));
  }
  for (const one of theirs.file.getExportDeclarations()) {
    const names = one.getNamedExports().map((name) => name.getName());
    insertions.push(...addReexport(file, moved(one.getModuleSpecifierValue() ?? ""), names, one.isTypeOnly()));
  }
  for (const property of theirs.object.getProperties()) {
    if (!Node.isPropertyAssignment(property)) continue;
    const list = property.getInitializerOrThrow();
    if (!Node.isArrayLiteralExpression(list)) continue;
    const elements = list
      .getElements()
      .map((one) =>
        one.getText().replaceAll(/"\.\/([^"]+)"/g, (_, path: string) => JSON.stringify(`${folder}/${path}`)),
      );
    const mine = valueOf(object, property.getName());
    if (mine === undefined) insertions.push(addProperty(object, `${property.getName()}: [${elements.join(", ")}]`));
    else if (Node.isArrayLiteralExpression(mine)) insertions.push(...elements.map((one) => addElement(mine, one)));
    else
      throw new UsageError(
        `${property.getName()} of definePlugin in src/index.ts is no list that can be added to.`,
        "Write it as a list there: [ … ].",
      );
  }
  return applied(present, insertions);
};
