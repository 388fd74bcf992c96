/** JSON Schemas of the files that Keywright reads, which the command line ships for editors. */
import { jsonText } from "@keywright/manifest/output";
import { fileSchemas } from "../../packages/cli/src/file-schemas.ts";

export const schemaFolder = "packages/cli/schemas";
const comment = "Written by `npm run generate`; do not edit.";
export const schemaFiles = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(fileSchemas).map(([name, schema]) => [
      `${schemaFolder}/${name}`,
      jsonText({ $comment: comment, ...schema }),
    ]),
  );
