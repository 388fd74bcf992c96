import { defineConnectorType } from "@keywright/core";
import * as z from "zod";
import { authMethods } from "./auth-methods.ts";
import { ecrOffer, eksOffer, genericOffer, s3Offer } from "./resources.ts";

const region = z
  .string()
  .regex(/^[a-z]{2}(-gov)?-(central|north|south|east|west|northeast|northwest|southeast|southwest)-\d{1,2}$/)
  .meta({ examples: ["eu-central-1"] });
const endpoint = (service: string) =>
  z
    .url()
    .optional()
    .describe(`Endpoint of ${service}, where it is not AWS's own; its host must be allowed for the connector.`)
    .meta({ group: "Endpoints" });

export const aws = defineConnectorType({
  id: "aws",
  title: "AWS",
  description: "S3 buckets, EKS clusters, ECR registries and anything else in an AWS account, through STS.",
  config: z.strictObject({
    region: region.describe("Region to call, and of resources that name none."),
    regions: z
      .array(region)
      .max(40)
      .optional()
      .describe("Further regions in which clusters and registries are listed."),
    partition: z.enum(["aws", "aws-cn", "aws-us-gov"]).default("aws").describe("Partition of the account."),
    fips: z.boolean().default(false).describe("Call FIPS endpoints.").meta({ group: "Endpoints" }),
    dualStack: z.boolean().default(false).describe("Call dual-stack endpoints.").meta({ group: "Endpoints" }),
    stsEndpoint: endpoint("STS"),
    s3Endpoint: endpoint("S3"),
    ecrEndpoint: endpoint("ECR"),
    eksEndpoint: endpoint("EKS"),
    ssoEndpoint: endpoint("the access portal and OIDC of IAM Identity Center"),
    minimumLifetimeSeconds: z
      .int()
      .min(1)
      .max(900)
      .optional()
      .describe("Shortest session that a custom STS endpoint issues; AWS's own has 900.")
      .meta({ group: "Endpoints" }),
  }),
  rules: [{ field: "minimumLifetimeSeconds", requires: "stsEndpoint" }],
  facts: ["account", "suffix", "credentials"],
  hosts: [
    "*.amazonaws.com",
    "*.amazonaws.com.cn",
    "*.api.aws",
    "*.awsapps.com",
    // Instance and container metadata, and the credentials endpoint of EKS Pod Identity.
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
  ],
  authMethods,
  resources: [genericOffer, s3Offer, eksOffer, ecrOffer],
});
