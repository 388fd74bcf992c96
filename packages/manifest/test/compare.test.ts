import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contractChanges, largestOf, type Size } from "../src/compare.ts";
import { type Manifest, parseManifest } from "../src/index.ts";

const read = (name: string) =>
  readFileSync(join(import.meta.dirname, "../../../plugins", name, "generated/manifest.json"), "utf8");
const aws = parseManifest(read("aws"), "aws");
const local = parseManifest(read("local"), "local");

// oxlint-disable-next-line typescript/no-explicit-any -- manifests are bent at will
type Bent = any;
const bend = (manifest: Manifest, how: (copy: Bent) => void): Manifest => {
  const copy = structuredClone(manifest);
  how(copy);
  return copy;
};
const iamRole = (copy: Bent) => copy.connectors[0].authMethods.find((one: Bent) => one.id === "iam-role");
const s3 = (copy: Bent) => copy.connectors[0].resources.find((one: Bent) => one.type.id === "s3-bucket");
const accessKey = (copy: Bent) => copy.secretSchemas.find((one: Bent) => one.id === iamRole(copy).secret).schema;

/** What was done, the size it makes, what is said of it, and, where it is known, the size of the way back. */
const table: readonly (readonly [string, (copy: Bent) => void, Size, RegExp, Size?])[] = [
  ["a connector type gone", (copy) => copy.connectors.pop(), "major", /^aws: the connector type was removed/, "minor"],
  ["a method gone", (copy) => copy.connectors[0].authMethods.pop(), "major", /the auth method was removed/, "minor"],
  [
    "a resource type gone",
    (copy) => copy.connectors[0].resources.pop(),
    "major",
    /the resource type was removed/,
    "minor",
  ],
  [
    "a field gone",
    (copy) => delete iamRole(copy).config.properties.externalId,
    "major",
    /^aws iam-role config externalId: the field was removed/,
    "minor",
  ],
  [
    "a field asked for",
    (copy) => iamRole(copy).config.required.push("externalId"),
    "major",
    /externalId: the field is required now/,
    "minor",
  ],
  [
    "an enum narrowed",
    (copy) => iamRole(copy).config.properties.partition.enum.pop(),
    "major",
    /partition: the value "aws-us-gov" was removed/,
    "minor",
  ],
  [
    "a default changed",
    (copy) => (iamRole(copy).config.properties.fips.default = true),
    "major",
    /fips: the default changed from false to true/,
    "major",
  ],
  [
    "a type changed",
    (copy) => (iamRole(copy).config.properties.fips.type = "string"),
    "major",
    /fips: the type changed/,
    "major",
  ],
  [
    "a bound narrowed",
    (copy) => (iamRole(copy).config.properties.regions.maxItems = 3),
    "major",
    /regions: maxItems changed from 40 to 3/,
    "minor",
  ],
  [
    "a pattern changed",
    (copy) => (iamRole(copy).config.properties.roleArn.pattern = "^x$"),
    "major",
    /roleArn: the pattern changed/,
    "major",
  ],
  [
    "an item's pattern changed",
    (copy) => (iamRole(copy).config.properties.regions.items.pattern = "^x$"),
    "major",
    /regions\[\]: the pattern/,
    "major",
  ],
  [
    "a rule more",
    (copy) => (iamRole(copy).config.dependencies = { fips: ["dualStack"] }),
    "major",
    /a rule across fields/,
    "major",
  ],
  [
    "a secret field gone",
    (copy) => delete accessKey(copy).properties.secretAccessKey,
    "major",
    /^secret .*secretAccessKey: the field was removed/,
    "major",
  ],
  [
    "a secret no more",
    (copy) => (accessKey(copy).properties.secretAccessKey.writeOnly = false),
    "major",
    /being secret changed/,
    "major",
  ],
  [
    "a field of the credential gone",
    (copy) =>
      delete copy.credentialKinds[0].schema.properties[Object.keys(copy.credentialKinds[0].schema.properties)[0] ?? ""],
    "major",
    /^credential .*: the field was removed/,
    "minor",
  ],
  [
    "a longer shortest lifetime",
    (copy) => (iamRole(copy).lifetime.min = 1800),
    "major",
    /shortest lifetime changed from 900 to 1800/,
    "minor",
  ],
  [
    "another usual lifetime",
    (copy) => (iamRole(copy).lifetime.default = 7200),
    "major",
    /the usual lifetime changed/,
    "major",
  ],
  ["a capability lost", (copy) => (iamRole(copy).provides = []), "major", /the capability .* was removed/, "minor"],
  [
    "more that a role must hold",
    (copy) => iamRole(copy).needs.push({ actions: ["sts:TagSession"], on: "*" }),
    "major",
    /the permission .*sts:TagSession.* is new/,
    "patch",
  ],
  [
    "a level gone",
    (copy) => delete s3(copy).access.write,
    "major",
    /^aws s3-bucket write \(aws-session\): the way was removed/,
    "minor",
  ],
  [
    "a level that may more",
    (copy) => s3(copy).access.read[0].permissions[0].actions.push("s3:DeleteBucket"),
    "major",
    /the permission/,
    "major",
  ],
  [
    "a wider confinement",
    (copy) => (s3(copy).access.read[0].confinement.to = "account"),
    "major",
    /the confinement changed/,
    "major",
  ],
  [
    "a spelling gone",
    (copy) => s3(copy).resourceId.spellings.pop(),
    "major",
    /the spelling "\{bucket\}" was removed/,
    "minor",
  ],
  [
    "another canonical id",
    (copy) => (s3(copy).resourceId.spellings[0] = "{bucket}"),
    "major",
    /the canonical id changed/,
    "major",
  ],
  [
    "a host more",
    (copy) => copy.connectors[0].hosts.push("*.aws.dev"),
    "minor",
    /the host "\*\.aws\.dev" is new/,
    "major",
  ],
  [
    "an optional field more",
    (copy) => (iamRole(copy).config.properties.fresh = { type: "string" }),
    "minor",
    /fresh: the field is new/,
    "major",
  ],
  [
    "a required field more, with a default",
    (copy) => {
      iamRole(copy).config.properties.fresh = { type: "string", default: "x" };
      iamRole(copy).config.required.push("fresh");
    },
    "minor",
    /fresh: the field is new/,
  ],
  [
    "a required field more",
    (copy) => {
      iamRole(copy).config.properties.fresh = { type: "string" };
      iamRole(copy).config.required.push("fresh");
    },
    "major",
    /fresh: a field that is required is new/,
  ],
  [
    "other words",
    (copy) => (iamRole(copy).description = "In other words."),
    "patch",
    /its description changed/,
    "patch",
  ],
  [
    "other words of a field",
    (copy) => (iamRole(copy).config.properties.fips.description = "Other."),
    "patch",
    /fips: its description changed/,
    "patch",
  ],
];
describe("between two manifests", () => {
  for (const [name, how, size, said, back] of table)
    test(name, () => {
      const bent = bend(aws, how);
      const changes = contractChanges(aws, bent);
      expect(largestOf(changes)).toBe(size);
      expect(changes.map(({ where, what }) => `${where}: ${what}`).join("\n")).toMatch(new RegExp(said.source, "m"));
      if (back !== undefined) expect(largestOf(contractChanges(bent, aws))).toBe(back);
    });
  test("nothing changed, nothing is asked for", () => {
    expect(contractChanges(aws, structuredClone(aws))).toEqual([]);
  });
  test("a store", () => {
    const smaller = bend(local, (copy) => (copy.secretStores[0].limits.valueBytes = 10));
    expect(contractChanges(local, smaller)).toEqual([
      { where: "store local", what: "the largest value changed from 1048576 to 10", size: "major" },
    ]);
    expect(largestOf(contractChanges(smaller, local))).toBe("minor");
    expect(
      largestOf(
        contractChanges(
          local,
          bend(local, (copy) => copy.secretStores[0].features.pop()),
        ),
      ),
    ).toBe("major");
  });
});
