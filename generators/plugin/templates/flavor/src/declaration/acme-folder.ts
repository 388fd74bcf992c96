import { defineComponentFlavor } from "@keywright/core";
import * as z from "zod";

/** An artifact store in a folder. One that needs a credential names it: `connector: { type, access, resourceId }`. */
export const acmeFolder = defineComponentFlavor({
  component: "artifact-store",
  id: "acme-folder",
  title: "Acme folder",
  description: "Artifacts as files of a folder.",
  config: z.strictObject({
    path: z
      .string()
      .min(1)
      .describe("Folder that holds the artifacts; made when it is not there.")
      .meta({ examples: ["/srv/artifacts"] }),
  }),
  connector: null,
});
