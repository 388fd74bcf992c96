import type { PolicyDocument } from "./policy.ts";

const allow = (...actions: string[]): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }],
});

/** AWS managed policies by name. ReadOnlyAccess is cut down to the services that the double has. */
export const managedPolicies: Readonly<Record<string, PolicyDocument>> = {
  AdministratorAccess: allow("*"),
  ReadOnlyAccess: allow(
    "s3:Get*",
    "s3:List*",
    "s3:Describe*",
    "ecr:BatchCheck*",
    "ecr:BatchGet*",
    "ecr:Describe*",
    "ecr:Get*",
    "ecr:List*",
    "eks:Describe*",
    "eks:List*",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
    "sts:GetSessionToken",
    "iam:Get*",
    "iam:List*",
  ),
  AmazonS3ReadOnlyAccess: allow("s3:Get*", "s3:List*", "s3:Describe*"),
  AmazonS3FullAccess: allow("s3:*"),
  AmazonEC2ContainerRegistryReadOnly: allow(
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:DescribeRepositories",
    "ecr:ListImages",
    "ecr:DescribeImages",
    "ecr:BatchGetImage",
  ),
};
