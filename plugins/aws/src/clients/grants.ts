/** What clients need of a source of grants: `kw.grants` of the SDK gives one, and anything of this shape will do. */
import type { awsSession } from "@keywright/credentials";
import type * as z from "zod";

export type AwsSession = z.output<(typeof awsSession)["fields"]>;
export type AwsGrant = { readonly id: string; readonly credential: AwsSession };
export type AwsGrants = {
  /** The grant held right now. */
  readonly latest: AwsGrant;
  current(): Promise<AwsGrant>;
  /** Drops what was refused and mints anew, once for all who ask at once. */
  refresh(rejected?: AwsGrant): Promise<AwsGrant>;
  /** When a grant ends by this process's clock. */
  endsAt(grant: AwsGrant): Date | null;
};
