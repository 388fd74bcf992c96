/** The table method × resource × access: what comes of each pair, and what confines it. */
import { matrixOf } from "@keywright/core/matrix";
import type { ManifestConnector } from "../manifest.ts";
import { type Block, type Line, listOf, literals, type Row, say, table } from "./document.ts";
import { lifetimeText } from "./lifetime.ts";

const head = ["Auth method", "Resource type", "Access", "Credential", "Confined to", "Lifetime"];
type Cells = ReturnType<typeof matrixOf>[number]["cells"];

/** Levels that differ in nothing but their name share a row. */
const rowsOf = (type: ManifestConnector): readonly Row[] =>
  matrixOf(type).flatMap(({ method, variant, resource, cells }) => {
    const alike = Map.groupBy(cells, (cell) => JSON.stringify({ ...cell, access: null, note: null }));
    return [...alike.values()].flatMap((same: Cells): Row[] => {
      const [cell] = same;
      if (cell === undefined) return [];
      const confined: Line =
        cell.confinement === null
          ? [{ strong: "nothing" }, " ¹"]
          : [{ strong: cell.confinement.to }, ", by ", { code: cell.confinement.by }];
      return [
        {
          cells: [
            [{ to: `method/${type.id}/${method}`, code: method }, ...(variant === null ? [] : [` ${variant}`])],
            [{ to: `resource/${type.id}/${resource}`, code: resource }],
            literals(same.map(({ access }) => access)),
            [
              { to: `kind/${cell.kind}`, code: cell.kind },
              ...(cell.mainCredential ? [", the stored one ²"] : []),
              ...(cell.served ? [", used inside the broker"] : []),
            ],
            confined,
            [lifetimeText(cell.lifetime)],
          ],
        },
      ];
    });
  });

/** `only` narrows it to one method or one resource type, whose notes it also prints. */
export const matrixBlocks = (
  type: ManifestConnector,
  only: { readonly method?: string; readonly resource?: string } = {},
): readonly Block[] => {
  const chosen = {
    ...type,
    authMethods: type.authMethods.filter(({ id }) => only.method === undefined || id === only.method),
    resources: type.resources.filter((one) => only.resource === undefined || one.type.id === only.resource),
  };
  const cells = matrixOf(chosen).flatMap((row) => row.cells);
  return [
    ...table(head, rowsOf(chosen)),
    ...(cells.some(({ confinement }) => confinement === null)
      ? [
          say(
            "¹ As wide as the connector's identity, whatever level was asked: refused unless the connector says ",
            { code: "--allow-unconfined" },
            ".",
          ),
        ]
      : []),
    ...(cells.some(({ mainCredential }) => mainCredential)
      ? [say("² Refused unless the connector says ", { code: "--allow-main-credential" }, " as well.")]
      : []),
    ...listOf(
      [...new Set(chosen.resources.flatMap((offer) => notesOf(offer, only.resource === undefined)))].map((note) => [
        note,
      ]),
    ),
  ];
};
const notesOf = ({ type, access }: ManifestConnector["resources"][number], named: boolean): readonly string[] =>
  Object.entries(access)
    .flatMap(([level, ways]) => ways.flatMap(({ note }) => (note === undefined ? [] : [{ level, note }])))
    .map(({ level, note }) => `${named ? `${type.id}, ` : ""}${level}: ${note}`);
