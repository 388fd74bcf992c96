import type { AuthFailure, FailureFacts } from "./service.ts";
import { skewMessage } from "./skew-message.ts";
import { Refusal, type WireResponse } from "./wire.ts";

/** What the JSON services say about a signature. JSON 1.1 answers 400, REST JSON 403. */
export const jsonFailure =
  (status: 400 | 403) =>
  (kind: AuthFailure, facts: FailureFacts): Refusal => {
    const table: Record<AuthFailure, readonly [code: string, message: string]> = {
      missing: ["MissingAuthenticationTokenException", "Missing Authentication Token"],
      malformed: [
        "IncompleteSignatureException",
        "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters.",
      ],
      "unknown-key": ["UnrecognizedClientException", "The security token included in the request is invalid."],
      "bad-token": ["UnrecognizedClientException", "The security token included in the request is invalid."],
      "bad-signature": [
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
      ],
      "expired-token": ["ExpiredTokenException", "The security token included in the request is expired"],
      skewed: ["InvalidSignatureException", skewMessage(facts)],
      "presign-expired": ["InvalidSignatureException", skewMessage(facts)],
      "wrong-scope": ["InvalidSignatureException", "Credential should be scoped to a valid region. "],
    };
    const [code, message] = table[kind];
    return new Refusal(code, message, status);
  };

export const renderJson = ({ code, message, status, details, headers }: Refusal): WireResponse => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code, ...headers },
  body: JSON.stringify({ __type: code, message, ...details }),
});
