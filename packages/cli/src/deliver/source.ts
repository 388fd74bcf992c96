/** A source of grants: what a caller holds instead of a credential. It refreshes ahead, and once on a refusal. */
import type { Grant, GrantRequest } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";

export type GrantFor<Credential> = Omit<Grant, "credential"> & { readonly credential: Credential };

export type GrantSource<Credential = Grant["credential"]> = {
  /** The grant held right now, without waiting. */
  readonly latest: GrantFor<Credential>;
  /** One that is good: from memory where it can, minted where it must. */
  current(): Promise<GrantFor<Credential>>;
  /** `rejected` was refused by the service: it is dropped for everyone, and a new one minted, once for all who ask at once. */
  refresh(rejected?: GrantFor<Credential>): Promise<GrantFor<Credential>>;
  /** When a grant ends by this process's own clock; null: it does not. */
  endsAt(grant: GrantFor<Credential>): Date | null;
  /** Ends the refreshing in the background. */
  close(): void;
};

export type Issuer = {
  readonly issue: () => Promise<Grant>;
  readonly reject: (id: string) => boolean;
  /** The broker's clock, by which grants end. */
  readonly brokerNow: () => number;
};
export type SourceOptions = {
  /** Refresh in the background, asked or not. */
  readonly ahead?: boolean;
  /** The clock that tells when a grant is over: this process's own when left out. */
  readonly clock?: () => number;
};
type Held = { readonly grant: Grant; readonly ends: number; readonly refreshAt: number };

/** The longest window in which a client refreshes by itself (botocore: 15 minutes), and a minute. */
const windowMs = 16 * 60_000;
/** Not handed out any more when this close to its end: it must survive the way. */
const marginOf = (life: number): number => Math.min(60_000, life / 4);
const longestTimer = 2 ** 31 - 1;
/** After these, what was minted before is not handed out any more. */
const final = new Set([
  "access-denied",
  "connector-not-found",
  "main-credential",
  "out-of-scope",
  "revoked",
  "unconfined",
]);

const held = (grant: Grant, clock: number, brokerNow: number): Held => {
  if (grant.expiresAt === null) return { grant, ends: Infinity, refreshAt: Infinity };
  const ends = clock + grant.expiresAt.getTime() - brokerNow;
  const life = grant.expiresAt.getTime() - grant.issuedAt.getTime();
  return { grant, ends, refreshAt: ends - Math.min(windowMs, life / 2) };
};
const lifeOf = ({ grant }: Held): number => (grant.expiresAt?.getTime() ?? Infinity) - grant.issuedAt.getTime();

/** Mints the first grant, so that what is wrong shows at once. */
export const createSource = async (issuer: Issuer, options: SourceOptions = {}): Promise<GrantSource> => {
  const clock = options.clock ?? Date.now;
  const hold = (grant: Grant) => held(grant, clock(), issuer.brokerNow());
  let now: Held = hold(await issuer.issue());
  let flight: Promise<Grant> | null = null;
  let failure: KeywrightError | null = null;
  let retryAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  /** Local ends of grants handed out before, for callers that still hold one. */
  const ends = new WeakMap<Grant, number>([[now.grant, now.ends]]);

  const plan = () => {
    clearTimeout(timer);
    if (!options.ahead || closed || !Number.isFinite(now.ends)) return;
    timer = setTimeout(
      () => void renew().catch(() => {}),
      Math.min(Math.max(Math.max(now.refreshAt, retryAt) - clock(), 250), longestTimer),
    );
    timer.unref();
  };
  const usable = () => clock() < now.ends - marginOf(lifeOf(now)) && !(failure && final.has(failure.code));
  const renew = (): Promise<Grant> =>
    (flight ??= issuer
      .issue()
      .then((grant) => {
        // The same one again: the provider is down, and the broker serves what is left of it.
        if (grant.id === now.grant.id) retryAt = clock() + 10_000;
        now = hold(grant);
        ends.set(grant, now.ends);
        failure = null;
        return grant;
      })
      .catch((error: unknown) => {
        if (KeywrightError.is(error)) failure = error;
        retryAt = clock() + Math.min(30_000, Math.max(1_000, (now.ends - clock()) / 10));
        throw error;
      })
      .finally(() => {
        flight = null;
        plan();
      }));
  plan();

  return {
    get latest() {
      return now.grant;
    },
    current: async () => {
      if (!usable()) return renew();
      const at = clock();
      if (at >= now.refreshAt && at >= retryAt) void renew().catch(() => {});
      return now.grant;
    },
    refresh: async (rejected) => {
      if (rejected && rejected.id !== now.grant.id && usable()) return now.grant;
      if (flight) return flight;
      if (rejected) issuer.reject(rejected.id);
      return renew();
    },
    endsAt: (grant) => {
      const at = ends.get(grant) ?? hold(grant).ends;
      return Number.isFinite(at) ? new Date(Date.now() + at - clock()) : null;
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
};

type Issuing = { readonly grants: { issue(request: GrantRequest): Promise<Grant>; reject(id: string): boolean } };
/** Requests of one kind against an open broker. */
export const issuerOf = (broker: Issuing, request: GrantRequest, clock: () => Date = () => new Date()): Issuer => ({
  issue: () => broker.grants.issue(request),
  reject: (id) => broker.grants.reject(id),
  brokerNow: () => clock().getTime(),
});
