import { generateKeyPairSync, sign } from "node:crypto";

/** A test identity provider: it signs JWTs; its keys are handed to the double, not fetched. */
export interface OidcIssuer {
  issuer: string;
  jwks: { keys: Record<string, unknown>[] };
  /** Signs claims; `iss`, `iat` and `exp` (one hour) are filled in unless given. Times are seconds since 1970. */
  sign(claims: Record<string, unknown>): string;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export const createIssuer = (issuer: string, algorithm: "RS256" | "ES256", now: () => Date): OidcIssuer => {
  const { publicKey, privateKey } =
    algorithm === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const header = { alg: algorithm, typ: "JWT", kid: "test-1" };
  return {
    issuer,
    jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid: header.kid, alg: algorithm, use: "sig" }] },
    sign: (claims) => {
      const iat = Math.floor(now().getTime() / 1000);
      const text = `${encode(header)}.${encode({ iss: issuer, iat, exp: iat + 3600, ...claims })}`;
      const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${text}.${signature.toString("base64url")}`;
    },
  };
};
