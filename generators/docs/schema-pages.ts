/** JSON Schemas as files of the site, and the page that lists them. */
import { schemaFilesOf } from "@keywright/manifest";
import { heading, say, table } from "@keywright/manifest/reference";
import { jsonText } from "@keywright/manifest/output";
import { fileSchemas } from "../../packages/cli/src/file-schemas.ts";
import { blocksHtml } from "./html.ts";
import { type Page, relativeTo } from "./page.ts";
import type { LoadedPlugin } from "./references.ts";

const path = "reference/schemas.html";
const settings = `{
  "json.schemas": [
    { "fileMatch": ["*.aws-iam-role.json"], "url": "./schemas/aws.iam-role.config.json" }
  ]
}`;

/** Of the files that a person or Keywright writes; `keywright schema` prints them. */
const ownFiles = Object.entries(fileSchemas).map(([name, schema]) => [`schemas/files/${name}`, schema] as const);

export const schemaFiles = (plugins: readonly LoadedPlugin[]): ReadonlyMap<string, string> =>
  new Map([
    ...ownFiles.map(([at, schema]) => [at, jsonText(schema)] as const),
    ...plugins.flatMap(({ manifest }) =>
      [...schemaFilesOf(manifest)].map(([at, schema]) => [at, jsonText(schema)] as const),
    ),
  ]);

export const schemaPage = (plugins: readonly LoadedPlugin[]): Page => ({
  path,
  title: "JSON Schemas",
  label: "JSON Schemas",
  what: "Reference",
  lead: "Draft-07, strict, one file for each configuration, secret schema, credential kind and store.",
  body: blocksHtml(
    [
      say(
        "An unknown field is an error. ",
        { code: "writeOnly" },
        " marks secrets, ",
        { code: "x-order" },
        " the position in a form, ",
        { code: "x-group" },
        " its heading. The files are part of each plugin's package, in ",
        { code: "generated/schemas" },
        ".",
      ),
      heading("Files"),
      ...table(
        ["File", "Describes"],
        ownFiles.map(([at, { title, description }]) => ({
          cells: [[{ to: at, code: at.replace("schemas/files/", "") }], [`${String(title)}. ${String(description)}`]],
        })),
      ),
      ...plugins.flatMap(({ manifest }) => {
        const files = [...schemaFilesOf(manifest)];
        return [
          heading(manifest.package),
          ...table(
            ["File", "Describes"],
            files.map(([at, { title, description }]) => ({
              cells: [[{ to: at, code: at.replace("schemas/", "") }], [`${String(title)}. ${String(description)}`]],
            })),
          ),
        ];
      }),
      heading("In an editor"),
      say(
        "The schemas are strict, so a ",
        { code: "$schema" },
        " key in the file itself would be an unknown field: associate a file by its name. In VS Code's settings:",
      ),
      { kind: "code", language: "json", text: settings },
      say("In YAML a comment on the first line does it, for editors with the YAML language server:"),
      { kind: "code", language: "yaml", text: "# yaml-language-server: $schema=./schemas/aws.iam-role.config.json" },
    ],
    (to) => (to.startsWith("schemas/") ? relativeTo(path, to) : null),
  ),
});
