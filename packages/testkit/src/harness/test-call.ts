/** A call for tests of what is no connector: a flavor, a secret store, a helper. */
import { createNetwork } from "@keywright/broker/doors";
import { type Call, KeywrightError } from "@keywright/core";

let calls = 0;
/** Dials `hosts` and nothing else, runs no program, ends after ten seconds. Anything may be given in place of it. */
export const testCall = ({
  hosts = [],
  ...given
}: Partial<Call> & { readonly hosts?: readonly string[] } = {}): Call => {
  const grantId = given.grantId ?? `kitcall${String(++calls).padStart(8, "0")}`;
  return {
    signal: AbortSignal.timeout(10_000),
    network: createNetwork(hosts, "the plugin under test"),
    run: async (command) => {
      throw new KeywrightError("command-not-allowed", `A test call runs no program: ${command}`);
    },
    now: () => new Date(),
    known: null,
    caller: "testkit",
    sessionName: `kw-${grantId}`,
    ...given,
    grantId,
  };
};
