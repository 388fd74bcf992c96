import { check, toJsonSchema } from "@keywright/testkit";
import { describe, expect, it } from "vitest";
import { acmeLogin } from "../src/declaration/acme-login.ts";

const schema = toJsonSchema(acmeLogin.fields, acmeLogin.id, [], "secret");
const problems = (value: unknown) => check(schema, value).problems.map(({ message }) => message);

describe("acme-login", () => {
  it("takes a user and a password", () => {
    expect(problems({ username: "ada", password: "secret" })).toEqual([]);
  });
  it("names what is missing, and what nobody knows", () => {
    expect(problems({ username: "ada" }).join()).toContain("password");
    expect(problems({ username: "ada", password: "secret", pasword: "x" }).join()).toContain("pasword");
  });
  it("marks the password as a secret, and nothing else", () => {
    const secret = Object.entries(schema.properties ?? {}).filter(([, one]) => one["writeOnly"] === true);
    expect(secret.map(([name]) => name)).toEqual(["password"]);
  });
});
