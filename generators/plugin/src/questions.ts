/** What the command line left out, asked for on a terminal. */
import * as clack from "@clack/prompts";
import { checkId, UsageError } from "./names.ts";
import { type Given, type Kind, kinds } from "./request.ts";

const answered = async <T>(asked: Promise<unknown>): Promise<T> => {
  const answer = await asked;
  if (clack.isCancel(answer))
    throw new UsageError("Cancelled; nothing was written.", "Run it again when you are ready.");
  return answer as T;
};
const problem = (id: string, what: string) => {
  try {
    checkId(id, what);
    return undefined;
  } catch (error) {
    const { message, hint } = error as UsageError;
    return `${message} ${hint}`;
  }
};

export const ask = async (given: Given, adding: boolean): Promise<{ readonly kind: Kind; readonly id: string }> => {
  const kind =
    given.kind ??
    (await answered<Kind>(
      clack.select<Kind>({
        message: adding ? "What shall be added?" : "What shall the plugin bring?",
        options: kinds
          .filter(({ id }) => adding || (id !== "auth-method" && id !== "resource-type"))
          .map(({ id, of, about }) => ({ value: id as Kind, label: of, hint: about })),
      }),
    ));
  const what = kinds.find((one) => one.id === kind)?.of ?? kind;
  const id =
    given.id ??
    (await answered<string>(
      clack.text({
        message: `Id of the ${what}, in kebab-case`,
        placeholder: kind === "auth-method" ? "device-code" : "acme",
        validate: (value) => problem(value ?? "", what),
      }),
    ));
  return { kind, id };
};
