/** The page of error codes: what each means, how a process exits, how a server answers. */
import { type ErrorCode, errorCodes, exitCodeOf, httpStatusOf } from "@keywright/core/errors";
import { table } from "@keywright/manifest/reference";
import { errorMeanings } from "./error-meanings.ts";
import { blocksHtml } from "./html.ts";
import type { Page } from "./page.ts";

const rowOf = (code: ErrorCode) => ({
  anchor: code,
  cells: [
    [{ code }],
    [errorMeanings[code] ?? ""],
    [{ code: String(exitCodeOf(code)) }],
    [{ code: String(httpStatusOf(code)) }],
  ],
});
export const errorPage: Page = {
  path: "reference/errors.html",
  title: "Error codes",
  label: "Error codes",
  what: "Reference",
  lead: "Every failure has one code of a closed list. The message says what happened, the hint what to do.",
  body: blocksHtml(
    [
      {
        kind: "text",
        line: [
          "With ",
          { code: "--json" },
          " a failure is a document with ",
          { code: "code" },
          ", ",
          { code: "message" },
          ", ",
          { code: "hint" },
          " and ",
          { code: "retryable" },
          ". In TypeScript it is a ",
          { code: "KeywrightError" },
          ".",
        ],
      },
      ...table(["Code", "Meaning", "Exit", "HTTP"], errorCodes.map(rowOf)),
    ],
    () => null,
  ),
};
