import { defineCredentialKind, secretString } from "@keywright/core";
import * as z from "zod";

/** What a kubeconfig holds of one cluster and one user. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export const kubernetes = defineCredentialKind({
  id: "kubernetes",
  title: "Kubernetes access",
  description: "API server, its CA, and a bearer token or a client certificate.",
  fields: z.strictObject({
    server: z.string().describe("URL of the API server."),
    certificateAuthority: z.string().optional().describe("PEM of the CA that signed the server's certificate, base64."),
    namespace: z.string().optional().describe("Namespace the credential is for."),
    token: secretString("Bearer token.").optional(),
    clientCertificate: z.string().optional().describe("Client certificate, PEM."),
    clientKey: secretString("Private key of the client certificate, PEM.").optional(),
  }),
});
