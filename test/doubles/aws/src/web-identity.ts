import { createPublicKey, verify, type JsonWebKey } from "node:crypto";
import type { OidcProvider } from "./identity.ts";
import type { State } from "./state.ts";
import { Refusal } from "./wire.ts";

type Claims = Readonly<Record<string, unknown>>;

export interface WebIdentity {
  provider: OidcProvider;
  subject: string;
  audience: string;
  tags: Record<string, string>;
  transitiveTagKeys: string[];
  sourceIdentity: string | undefined;
  /** Condition keys: `issuer/path:aud`, `:sub`, … */
  context: Record<string, string[]>;
}

/** Algorithms that STS accepts, as node names their digests. */
const DIGESTS: Record<string, string> = {
  RS256: "sha256",
  RS384: "sha384",
  RS512: "sha512",
  ES256: "sha256",
  ES384: "sha384",
  ES512: "sha512",
};

const invalidToken = (message: string): Refusal => new Refusal("InvalidIdentityToken", message);

const parsePart = (part: string | undefined): Claims => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? "", "base64url").toString());
    if (typeof value === "object" && value !== null) return value as Claims;
  } catch {
    // Falls through to the refusal below.
  }
  throw invalidToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
};

const signatureHolds = (token: string, header: Claims, provider: OidcProvider): boolean => {
  const [head, payload, signature = ""] = token.split(".");
  const digest = DIGESTS[String(header["alg"])];
  const keys = provider.jwks.keys.filter((key) => header["kid"] === undefined || key["kid"] === header["kid"]);
  if (digest === undefined) return false;
  return keys.some((jwk) => {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
    const isFamily = key.asymmetricKeyType === (String(header["alg"]).startsWith("RS") ? "rsa" : "ec");
    const options = { key, dsaEncoding: "ieee-p1363" as const };
    return isFamily && verify(digest, Buffer.from(`${head}.${payload}`), options, Buffer.from(signature, "base64url"));
  });
};

const strings = (value: unknown): string[] => [value].flat().filter((item) => typeof item === "string");

/** Checks a JWT as STS does before it looks at the trust policy. */
export const verifyWebIdentity = (token: string, state: State, accountId: string): WebIdentity => {
  const parts = token.split(".");
  const header = parsePart(parts[0]);
  const claims = parsePart(parts[1]);
  if (parts.length !== 3) throw invalidToken("The ID Token provided is not a valid JWT.");
  const issuer = String(claims["iss"] ?? "");
  const provider = state.accounts.get(accountId)?.oidcProviders.get(issuer);
  if (provider === undefined) throw invalidToken(`No OpenIDConnect provider found in your account for ${issuer}`);
  if (!signatureHolds(token, header, provider)) {
    throw invalidToken(
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    );
  }
  const now = state.clock.now().getTime() / 1000;
  const { exp, nbf, iat } = claims;
  if (typeof exp !== "number" || typeof iat !== "number") throw invalidToken("Missing a required claim: exp or iat");
  if (exp <= now) {
    throw new Refusal(
      "ExpiredTokenException",
      `Token expired: current date/time ${Math.floor(now)} must be before the expiration date/time ${exp}`,
    );
  }
  if (typeof nbf === "number" && nbf > now + state.skewSeconds) throw invalidToken("Token is not yet valid");
  const audiences = strings(claims["azp"] ?? claims["aud"]);
  const audience = audiences.find((candidate) => provider.audiences.includes(candidate));
  if (audience === undefined) throw invalidToken("Incorrect token audience");
  const subject = claims["sub"];
  if (typeof subject !== "string" || subject === "") {
    throw new Refusal("IDPRejectedClaim", "The identity provider's claim sub is missing or empty", 403);
  }
  const session = (claims["https://aws.amazon.com/tags"] ?? {}) as {
    principal_tags?: Record<string, string[]>;
    transitive_tag_keys?: string[];
  };
  const tags = Object.fromEntries(
    Object.entries(session.principal_tags ?? {}).map(([key, values]) => [key, strings(values)[0] ?? ""]),
  );
  const sourceIdentity = strings(claims["https://aws.amazon.com/source_identity"])[0];
  const context: Record<string, string[]> = {
    "aws:FederatedProvider": [provider.arn],
    ...(sourceIdentity === undefined ? {} : { "sts:SourceIdentity": [sourceIdentity] }),
    ...(Object.keys(tags).length === 0 ? {} : { "aws:TagKeys": Object.keys(tags) }),
  };
  for (const [key, value] of Object.entries(tags)) context[`aws:RequestTag/${key}`] = [value];
  for (const [name, value] of Object.entries(claims)) {
    if (strings(value).length > 0) context[`${provider.host}:${name}`] = strings(value);
  }
  context[`${provider.host}:aud`] = [audience];
  return {
    provider,
    subject,
    audience,
    tags,
    transitiveTagKeys: session.transitive_tag_keys ?? [],
    sourceIdentity,
    context,
  };
};
