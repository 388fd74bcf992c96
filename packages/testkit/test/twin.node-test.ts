/** The twin on node:test's runner; started by node-test.test.ts. */
import { describe, it } from "node:test";
import { testPlugin } from "@keywright/testkit";
import { directory, twin, twinOptions } from "./twin.ts";

testPlugin(twin, { ...twinOptions, directory, runner: { describe, it } });
