/** The bearer token of an EKS cluster: a presigned GetCallerIdentity, bound to one cluster by a signed header. */
import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Keys } from "./clients.ts";

/** The API server takes it for 15 minutes from its date; a minute is kept back. https://docs.aws.amazon.com/eks/latest/userguide/cluster-auth.html */
export const tokenSeconds = 840;
const prefix = "k8s-aws-v1.";

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key =
      secret === undefined
        ? undefined
        : typeof secret === "string"
          ? secret
          : ArrayBuffer.isView(secret)
            ? Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength)
            : Buffer.from(secret);
    this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", key);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(
      typeof data === "string"
        ? data
        : ArrayBuffer.isView(data)
          ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
          : Buffer.from(data),
    );
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {}
}

export const clusterToken = async (how: {
  readonly keys: Keys;
  readonly region: string;
  readonly cluster: string;
  readonly host: URL;
  readonly date: Date;
}): Promise<string> => {
  const { keys, region, cluster, host, date } = how;
  const signer = new SignatureV4({
    service: "sts",
    region,
    sha256: Sha256,
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey.reveal(),
      ...(keys.sessionToken && { sessionToken: keys.sessionToken.reveal() }),
    },
  });
  const signed = await signer.presign(
    {
      method: "GET",
      protocol: host.protocol,
      hostname: host.hostname,
      ...(host.port !== "" && { port: Number(host.port) }),
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host: host.host, "x-k8s-aws-id": cluster },
    },
    {
      signingDate: date,
      expiresIn: 60,
      unhoistableHeaders: new Set(["x-k8s-aws-id"]),
      signableHeaders: new Set(["host", "x-k8s-aws-id"]),
    },
  );
  const query = Object.entries(signed.query ?? {})
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join("&");
  return prefix + Buffer.from(`${host.protocol}//${host.host}/?${query}`).toString("base64url");
};
