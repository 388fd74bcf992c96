/** What is asked for and what is there → what is to be written. Touches nothing. */
import { basename } from "node:path";
import { addAuthMethod, addResourceType } from "./add-member.ts";
import { mergeIndex } from "./merge-index.ts";
import { checkId, UsageError } from "./names.ts";
import { describedAs, ownPackage, type PackageFacts, workspacePackage } from "./package-files.ts";
import { type Kind, kinds, type Place } from "./request.ts";
import { template, type TemplateName } from "./templates.ts";
import { addFile, type Changes, changesBetween, type Tree } from "./tree.ts";

export type Request = {
  readonly kind: Kind;
  readonly id: string;
  readonly place: Place;
  readonly package?: string | undefined;
  readonly description?: string | undefined;
  readonly connector?: string | undefined;
  readonly authMethods: readonly string[];
  readonly resourceTypes: readonly string[];
  /** Text of the licence that plugins of this repository carry. */
  readonly licence: string;
};

const wordsOf = (kind: TemplateName, { id, authMethods, resourceTypes }: Request): Readonly<Record<string, string>> => {
  if (kind === "secret-schema") return { "acme-login": id };
  if (kind === "flavor") return { "acme-folder": id };
  if (kind === "secret-store") return { "acme-vault": id };
  const [method = "api-key"] = authMethods;
  const [resource = "box"] = resourceTypes;
  return { "acme-cloud": id, "api-key": method, "gift-box": withoutPrefix(resource, id) };
};
/** Resource types of one vendor bear its name: `acme-cache`, where it is called `cache` in the code. */
const withoutPrefix = (resource: string, connector: string) =>
  resource.startsWith(`${connector}-`) ? resource.slice(connector.length + 1) : resource;

const clash = "Take another id, or move that file. Nothing was written.";
/** Adds the template to a plugin; a second connector type goes into a folder of its own below `src/`. */
const addTemplate = (tree: Tree, kind: TemplateName, request: Request): void => {
  const added = template(kind, wordsOf(kind, request));
  const index = tree.get("src/index.ts");
  const apart = kind === "connector" && tree.has("src/runtime/index.ts");
  for (const [path, text] of added) {
    if (path === "src/index.ts" && index !== undefined) continue;
    if (!apart) addFile(tree, path, text, clash);
    else if (path.startsWith("test/"))
      addFile(
        tree,
        `test/${request.id}.test.ts`,
        text.replaceAll('"../src/declaration/', `"../src/${request.id}/declaration/`),
        clash,
      );
    else addFile(tree, path.replace(/^src\//, `src/${request.id}/`), text, clash);
  }
  const theirs = added.get("src/index.ts");
  if (index !== undefined && theirs !== undefined)
    tree.set("src/index.ts", mergeIndex(index, theirs, apart ? `./${request.id}` : "."));
};

const addKind = (tree: Tree, request: Request): void => {
  const { kind, id, connector } = request;
  if (kind === "auth-method") return addAuthMethod(tree, id, connector);
  if (kind === "resource-type") return addResourceType(tree, id, connector);
  addTemplate(tree, kind, request);
  if (kind !== "connector") return;
  for (const method of request.authMethods.slice(1)) addAuthMethod(tree, method, id);
  for (const resource of request.resourceTypes.slice(1)) addResourceType(tree, withoutPrefix(resource, id), id);
};

/** Every id that a declaration of the sources has. */
const declaredIn = (tree: Tree): ReadonlySet<string> =>
  new Set(
    [...tree]
      .filter(([path]) => path.startsWith("src/"))
      .flatMap(([, text]) => [...text.matchAll(/\bid: "([^"]+)"/g)].map((found) => found[1] ?? "")),
  );

export const scaffold = (request: Request, present: Tree): Changes => {
  const { kind, id, place } = request;
  const what = kinds.find((one) => one.id === kind)?.of ?? kind;
  checkId(id, what);
  if (kind !== "connector" && request.authMethods.length + request.resourceTypes.length > 0)
    throw new UsageError(`A ${what} has no auth methods and no resource types.`, "Leave those options out.");
  const tree = new Map(present);
  if (place.how === "add") {
    if (declaredIn(tree).has(id))
      throw new UsageError(
        `The plugin in ${place.folder} declares ${id} already.`,
        "Take another id. Nothing was written.",
      );
    if (!tree.has("src/index.ts"))
      throw new UsageError(`The plugin in ${place.folder} has no src/index.ts to add to.`, "Nothing was written.");
  } else {
    if (kind === "auth-method" || kind === "resource-type")
      throw new UsageError(
        `An ${what} is added to a plugin that is there.`.replace("An resource", "A resource"),
        "Run it in the plugin's folder, or name that folder.",
      );
    const facts: PackageFacts = {
      package:
        request.package ??
        (place.how === "workspace" ? `@keywright/${basename(place.folder)}` : basename(place.folder).toLowerCase()),
      id,
      description: request.description ?? describedAs(kind, id),
      brings: [`the ${what} \`${id}\``],
    };
    const files = place.how === "workspace" ? workspacePackage(facts, request.licence) : ownPackage(facts);
    for (const [path, text] of files) if (!tree.has(path) || path !== ".gitignore") addFile(tree, path, text, clash);
  }
  addKind(tree, request);
  return changesBetween(present, tree);
};

export const nextSteps = ({ place, kind, id }: Request, folder: string): readonly string[] => {
  const into = folder === "." || folder === "" ? [] : [`cd ${folder}`];
  if (place.how === "workspace")
    return [
      "npm install",
      "npm run format",
      "npm run generate",
      `npx vitest run --project unit plugins/${basename(place.folder)}`,
    ];
  if (place.how === "add") return [...into, "npm run build", "npm test"];
  return [
    ...into,
    "npm install",
    "npm run check",
    "npm test",
    ...(kind === "connector"
      ? [`# then in a project: keywright plugin add PATH/TO/${folder} --unlocked, connector register -i --type ${id}`]
      : []),
  ];
};
