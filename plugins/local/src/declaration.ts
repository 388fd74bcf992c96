import { defineSecretStore } from "@keywright/core";
import * as z from "zod";

export const localStore = defineSecretStore({
  id: "local",
  title: "Local",
  description: "Values sealed in a file of this machine.",
  config: z.strictObject({ directory: z.string().describe("Folder of the file, mode 0700.") }),
  connector: null,
  limits: { path: "[\\w.@=+-]+(?:/[\\w.@=+-]+)*", valueBytes: 1_048_576 },
  readable: "readable",
  features: ["compare-and-set", "labels"],
});
