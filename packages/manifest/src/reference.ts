/** A manifest → its reference: as sections, from which pages are made, and as the markdown that stands beside the manifest. */
import type { Manifest } from "./manifest.ts";
import { connectorSections } from "./reference/connector.ts";
import type { Section } from "./reference/document.ts";
import { markdownOf } from "./reference/markdown.ts";
import type { RenderPermissions } from "./reference/permissions.ts";
import { storedSections } from "./reference/stored.ts";

export * from "./reference/document.ts";
export { lifetimeText } from "./reference/lifetime.ts";
export type { RenderPermissions } from "./reference/permissions.ts";

export type ReferenceOptions = {
  /** The command that writes the file, which its first line names. */
  readonly command?: string;
  /** The plugin's own rendering of permission rows, where its runtime may be loaded. */
  readonly permissionDocument?: RenderPermissions;
  /** Sections that a manifest does not know of: the package's TypeScript API. */
  readonly more?: readonly Section[];
};

/** Everything a manifest says, connector types first. */
export const sectionsOf = (
  manifest: Manifest,
  { permissionDocument }: Pick<ReferenceOptions, "permissionDocument"> = {},
): readonly Section[] => [
  ...manifest.connectors.flatMap((type) => connectorSections(manifest, type, permissionDocument)),
  ...storedSections(manifest),
];

/** `generated/reference.md`. The same manifest gives the same bytes; text of the manifest comes out as text. */
export const referenceOf = (
  manifest: Manifest,
  { command = "keywright plugin build", permissionDocument, more = [] }: ReferenceOptions = {},
): string =>
  markdownOf(
    {
      title: manifest.package,
      command,
      intro: [
        "What the plugin ",
        { code: manifest.package },
        " declares, from its ",
        { code: "manifest.json" },
        ". JSON Schemas stand in ",
        { code: "schemas/" },
        ".",
      ],
    },
    [...sectionsOf(manifest, permissionDocument === undefined ? {} : { permissionDocument }), ...more],
  );
