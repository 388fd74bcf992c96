import type { Call, Check } from "@keywright/core";
import type { Session } from "../session.ts";
import { issueSession, type Wanted } from "./issue-session.ts";

export const generic = {
  async *verify(session: Session): AsyncIterable<Check> {
    // Who we are was the first check; an account has nothing more to reach.
    yield { step: "reachability", tried: `STS in ${session.region}`, ok: true };
  },
  issue: (session: Session, target: Wanted, call: Call) => issueSession(session, target, session.region, call),
};
