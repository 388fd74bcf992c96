/** Checks of a verification, as they happen. */
import type { ReportedCheck } from "@keywright/broker";
import type { Context } from "./context.ts";
import { paint, plain, print } from "./output.ts";

export const printCheck = (context: Context, check: ReportedCheck): void => {
  const mark = check.ok ? paint(context, "green", "✓") : paint(context, "red", "✗");
  const tried = plain(check.tried);
  if (check.ok) {
    print(
      context,
      `${mark} ${check.step.padEnd(12)}  ${tried}${check.detail === undefined ? "" : paint(context, "dim", `  ${plain(check.detail)}`)}`,
    );
    return;
  }
  print(context, `${mark} ${check.step.padEnd(12)}  ${tried}  ${paint(context, "red", check.code)}`);
  print(context, `  seen  ${plain(check.detail)}`);
  print(context, `  fix   ${plain(check.fix)}`);
  if (check.document === undefined) return;
  print(context, "  policy to add:");
  // As it is, so that it can be pasted.
  print(context, check.document);
};
