/** Resource ids and derived policies of AWS, as properties; the EKS token by its published vector. */
import {
  behaviourOf,
  canonicalise,
  fill,
  KeywrightError,
  matrixOf,
  Redacted,
  rowsOf,
  type TypeShape,
} from "@keywright/core";
import { decide } from "@keywright/double-aws";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aws } from "../src/index.ts";
import { clusterToken } from "../src/runtime/cluster-token.ts";
import { sessionPolicy } from "../src/runtime/policy.ts";

const offerNamed = (id: string) => {
  const found = aws.resources.find((offer) => offer.type.id === id);
  if (!found?.resourceId) throw new Error(id);
  return { ...found, resourceId: found.resourceId };
};
const known = { region: "eu-central-1", account: "123456789012", partition: "aws", suffix: "amazonaws.com" };
const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/);
const part = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.!()-]{0,8}$/).filter((one) => !one.includes(".."));
const prefix = fc.option(
  fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
  { nil: undefined },
);

describe("resource ids", () => {
  it("round-trip through every spelling", () => {
    fc.assert(
      fc.property(bucket, prefix, (name, at) => {
        const { resourceId } = offerNamed("s3-bucket");
        const path = at === undefined ? "" : `/${at}`;
        const ids = [
          `s3://${name}${path}`,
          `s3://${name}${path}/`,
          `arn:aws:s3:::${name}${path}`,
          `arn:aws:s3:::${name}${path}/*`,
          ...(at === undefined ? [name] : []),
        ].map((spelled) => canonicalise(resourceId, spelled, known).id);
        expect(new Set(ids)).toEqual(new Set([`s3://${name}${path}`]));
        expect(canonicalise(resourceId, ids[0] ?? "", known).id).toBe(ids[0]);
      }),
    );
  });
  it.each([
    ["kubernetes-cluster", "prod", "eks://eu-central-1/prod"],
    ["kubernetes-cluster", "arn:aws:eks:eu-west-1:123456789012:cluster/prod", "eks://eu-west-1/prod"],
    ["docker-registry", "team/app", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app"],
    [
      "docker-registry",
      "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app/",
      "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app",
    ],
    [
      "docker-registry",
      "arn:aws:ecr:us-east-1:123456789012:repository/a",
      "123456789012.dkr.ecr.us-east-1.amazonaws.com/a",
    ],
  ])("%s %s is %s", (type, spelled, canonical) =>
    expect(canonicalise(offerNamed(type).resourceId, spelled, known).id).toBe(canonical),
  );
  it("refuse what could climb or widen a policy", () => {
    for (const spelled of [
      "s3://models/*",
      "s3://models/a?b",
      "s3://models/${aws:username}",
      's3://models/a"b',
      "s3://models/../other",
      "s3://models/a/./b",
      "s3://m",
      "s3://models/a//b",
      "s3://MODELS",
    ]) {
      expect(() => canonicalise(offerNamed("s3-bucket").resourceId, spelled, known), spelled).toThrow(KeywrightError);
    }
  });
  it("fail in our own words on ten thousand malformed inputs each", () => {
    for (const type of ["s3-bucket", "kubernetes-cluster", "docker-registry"]) {
      const codes = new Map<string, number>();
      const report = fc.check(
        fc.property(
          fc.oneof(
            fc.string({ maxLength: 80 }),
            fc.string({ unit: "binary", maxLength: 40 }),
            fc.stringMatching(
              /^(arn:aws[a-z-]{0,8}:[a-z0-9]{0,6}:|s3:\/\/|eks:\/\/|https:\/\/)?[A-Za-z0-9:/._*?$\-"]{0,40}$/,
            ),
          ),
          (spelled) => {
            try {
              canonicalise(offerNamed(type).resourceId, spelled, known);
            } catch (error) {
              if (!KeywrightError.is(error)) throw error;
              codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
              expect(error.message.length).toBeLessThan(600);
            }
          },
        ),
        { numRuns: 10_000 },
      );
      expect(report.failed, `seed ${report.seed} ${String(report.counterexample)}`).toBe(false);
      console.log(`${type}: seed ${report.seed}, ${[...codes].map(([code, times]) => `${code} ${times}`).join(", ")}`);
      for (const code of codes.keys()) expect(["resource-id-invalid", "out-of-scope"]).toContain(code);
    }
  });
});

describe("session policies", () => {
  const method = aws.authMethods.find(({ id }) => id === "iam-role");
  const policyFor = (type: string, access: "read" | "write", fields: Record<string, string | undefined>) => {
    const offer = (aws as TypeShape).resources.find((one) => one.type.id === type);
    if (!offer || !method) throw new Error(type);
    const kind = type === "docker-registry" ? "docker-login" : "aws-session";
    return JSON.parse(
      sessionPolicy(fill(rowsOf(behaviourOf(method, {}), offer, access, kind), { ...known, ...fields })).Policy ?? "{}",
    );
  };
  const allowed = (policy: object, action: string, resource: string, context: Record<string, string> = {}) =>
    decide(
      {
        identity: [{ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }],
        session: [policy as never],
      } as never,
      {
        action,
        resource,
        context: Object.fromEntries(Object.entries(context).map(([key, value]) => [key, [value]])),
      } as never,
    ) as unknown;
  const yes = (decision: unknown) =>
    decision === true || decision === "allow" || (decision as { allowed?: boolean }).allowed === true;

  it("allow exactly what is declared, and nothing one step outside", () => {
    fc.assert(
      fc.property(bucket, bucket, prefix, part, (name, other, at, key) => {
        fc.pre(name !== other);
        const object = `arn:aws:s3:::${name}/${at === undefined ? "" : `${at}/`}${key}`;
        const read = policyFor("s3-bucket", "read", { bucket: name, prefix: at });
        const write = policyFor("s3-bucket", "write", { bucket: name, prefix: at });
        expect(yes(allowed(read, "s3:GetObject", object))).toBe(true);
        expect(yes(allowed(write, "s3:GetObject", object))).toBe(true);
        expect(yes(allowed(write, "s3:PutObject", object))).toBe(true);
        for (const action of ["s3:PutObject", "s3:DeleteObject", "s3:PutBucketPolicy", "s3:PutObjectAcl"])
          expect(yes(allowed(read, action, object))).toBe(false);
        for (const action of [
          "s3:PutBucketPolicy",
          "s3:DeleteBucket",
          "s3:PutObjectAcl",
          "iam:CreateUser",
          "sts:AssumeRole",
        ])
          expect(yes(allowed(write, action, object))).toBe(false);
        expect(yes(allowed(write, "s3:GetObject", object.replace(`:::${name}/`, `:::${other}/`)))).toBe(false);
        if (at !== undefined) {
          expect(yes(allowed(write, "s3:PutObject", `arn:aws:s3:::${name}/${at}x/${key}`))).toBe(false);
          expect(yes(allowed(read, "s3:ListBucket", `arn:aws:s3:::${name}`, { "s3:prefix": `${at}/` }))).toBe(true);
          expect(yes(allowed(read, "s3:ListBucket", `arn:aws:s3:::${name}`, { "s3:prefix": "" }))).toBe(false);
          expect(yes(allowed(read, "s3:ListBucket", `arn:aws:s3:::${name}`))).toBe(false);
        }
      }),
    );
  });
  it("never are empty, and too long ones are refused before any call", () => {
    expect(() => sessionPolicy([])).toThrow(KeywrightError);
    const long = Array.from({ length: 30 }, (_, index) => ({
      actions: ["s3:GetObject"],
      on: `arn:aws:s3:::bucket-${index}/${"p".repeat(60)}/*`,
    }));
    expect(() => sessionPolicy(long)).toThrow(/characters; AWS takes 2048/);
  });
  it("fit AWS's limit for every level, with the longest names", () => {
    for (const access of ["read", "write"] as const) {
      expect(
        JSON.stringify(policyFor("s3-bucket", access, { bucket: "b".repeat(63), prefix: "p".repeat(200) })).length,
      ).toBeLessThan(2048);
      expect(JSON.stringify(policyFor("docker-registry", access, { repository: "r".repeat(200) })).length).toBeLessThan(
        2048,
      );
    }
  });
});

describe("the table", () => {
  it("promises what the issue promises", () => {
    const at = (methodId: string, variant: string | null, resource: string) =>
      matrixOf(aws).find((row) => row.method === methodId && row.variant === variant && row.resource === resource);
    const by = (methodId: string, variant: string | null, resource: string) =>
      at(methodId, variant, resource)?.cells.map(
        ({ access, confinement, mainCredential }) =>
          `${access} ${confinement?.by ?? "unconfined"}${mainCredential ? " main" : ""}`,
      );
    expect(by("secret-key", null, "s3-bucket")).toEqual(["read session-policy", "write session-policy"]);
    expect(by("secret-key", "with MFA and no role", "s3-bucket")).toEqual(["read unconfined", "write unconfined"]);
    expect(by("sts-token", null, "s3-bucket")).toEqual(["read unconfined main", "write unconfined main"]);
    expect(by("sts-token", null, "docker-registry")).toEqual(["read unconfined", "write unconfined"]);
    expect(by("sts-token", "with a role", "s3-bucket")).toEqual(["read session-policy", "write session-policy"]);
    expect(by("sso", null, "s3-bucket")).toEqual(["read unconfined", "write unconfined"]);
    expect(by("implicit", null, "s3-bucket")).toEqual(["read unconfined", "write unconfined"]);
    expect(by("implicit", "with a long-lived key", "s3-bucket")).toEqual([
      "read session-policy",
      "write session-policy",
    ]);
    for (const { resource, cells } of matrixOf(aws))
      if (resource === "kubernetes-cluster")
        expect(cells.map(({ access, confinement }) => [access, confinement?.by])).toEqual([["admin", "cluster-token"]]);
  });
});

describe("the EKS token", () => {
  it("is the published one", async () => {
    const token = await clusterToken({
      keys: {
        accessKeyId: "AKIDEXAMPLE",
        secretAccessKey: new Redacted("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        sessionToken: new Redacted("SESSIONTOKEN/+="),
      },
      region: "us-east-1",
      cluster: "prod",
      host: new URL("https://sts.us-east-1.amazonaws.com"),
      date: new Date("2026-01-01T00:00:00Z"),
    });
    const url = new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString("utf8"));
    expect(url.searchParams.get("X-Amz-Signature")).toBe(
      "e061a5565cb49e6c8d91590bc738bdfbcadf9c15ca01d52baab45edb5c5bef4d",
    );
    expect(url.searchParams.get("X-Amz-SignedHeaders")).toBe("host;x-k8s-aws-id");
    expect(token.length).toBeLessThan(4096);
  });
});
