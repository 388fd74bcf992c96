import { defineCredentialKind, secretString } from "@keywright/core";
import * as z from "zod";

/** What `docker login` asks for. https://distribution.github.io/distribution/spec/auth/token/ */
export const dockerLogin = defineCredentialKind({
  id: "docker-login",
  title: "Registry login",
  description: "User name and password of a container registry, as docker login asks for them.",
  fields: z.strictObject({
    registry: z.string().describe("Host of the registry, with its port where it is not 443."),
    username: z.string().describe("User name."),
    password: secretString("Password or token."),
  }),
});
