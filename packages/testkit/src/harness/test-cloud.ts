/** What the kit asks of a cloud to test against: a double, an emulator or Fable, all asked the same. */

/** What can go wrong with a cloud, in the words of nobody's API. */
export type CloudFault =
  | "unreachable"
  | "hang"
  | "throttled"
  | "forbidden"
  | "expired"
  | "rejected"
  | "server-error"
  | "garbage";

export type CloudRequest = {
  /** Who asked, where the cloud knows. */
  readonly principal?: string | null;
  /** The name it was made under, where the cloud keeps one in its log. */
  readonly label?: string | null;
};

export type TestCloud = {
  /** `host:port` of each address the connector may dial, as an operator would allow them. */
  readonly hosts: readonly string[];
  /** A clock that stands still allows expiries to be compared to the second. */
  readonly clock: "still" | "runs";
  now(): Date;
  advance(seconds: number): void;
  /** From now on every request fails so, until the returned function is called. Throws where this cloud cannot. */
  fault(how: CloudFault): () => void;
  /** Every request so far, in order. */
  requests(): readonly CloudRequest[];
  close(): Promise<void>;
};
