import { defineResourceType, offer } from "@keywright/core";
import { awsSession, dockerLogin, kubernetes } from "@keywright/credentials";
import { dockerRegistry, kubernetesCluster } from "@keywright/resources";

export const awsGeneric = defineResourceType({
  id: "aws-generic",
  title: "AWS account",
  description: "Anything the identity may do in its account.",
  credentials: [awsSession],
});
export const s3Bucket = defineResourceType({
  id: "s3-bucket",
  title: "S3 bucket",
  description: "A bucket, or a prefix of it.",
  credentials: [awsSession],
});

const partition = { pattern: "aws(?:-cn|-us-gov)?", example: "aws" } as const;
const region = { pattern: "[a-z]{2}(?:-[a-z]+)+-\\d{1,2}", example: "eu-central-1" } as const;
const account = { pattern: "\\d{12}", example: "123456789012" } as const;
/** Host suffix of the partition: `amazonaws.com`, `amazonaws.com.cn`. */
const suffix = { pattern: "amazonaws\\.com(?:\\.cn)?", example: "amazonaws.com" } as const;

const bySessionPolicy = {
  credential: awsSession,
  confinement: { to: "resource", by: "session-policy", through: "method" },
} as const;
const accountWide = {
  credential: awsSession,
  confinement: { to: "account", by: "session-policy", through: "method" },
} as const;

export const genericOffer = offer(awsGeneric, {
  resourceId: null,
  list: null,
  revocable: false,
  access: {
    read: {
      ...accountWide,
      permissions: [{ actions: ["policy:ReadOnlyAccess"], on: "arn:{partition}:iam::aws:policy/ReadOnlyAccess" }],
      note: "AWS's managed policy ReadOnlyAccess as session policy: it reads every service, secrets' metadata included.",
    },
    admin: {
      ...accountWide,
      permissions: [{ actions: ["*"], on: "*" }],
      note: "An explicit allow-all: whatever the identity may do, and no more.",
    },
  },
});

const bucketArn = "arn:{partition}:s3:::{bucket}";
const objectsArn = "arn:{partition}:s3:::{bucket}/[{prefix}/]*";
export const s3Offer = offer(s3Bucket, {
  resourceId: {
    spellings: [
      "s3://{bucket}[/{prefix}]",
      "s3://{bucket}[/{prefix}]/",
      "arn:{partition}:s3:::{bucket}[/{prefix}]",
      "arn:{partition}:s3:::{bucket}[/{prefix}]/*",
      "{bucket}",
    ],
    fields: {
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
      bucket: { pattern: "[a-z0-9](?:[a-z0-9-]|\\.(?!\\.)){1,61}[a-z0-9]", example: "models" },
      // No wildcard, quote or `$`: the value is placed into a policy. Dots may not climb.
      prefix: {
        pattern: "(?!\\.{1,2}(?:/|$))[\\w!.()=@+,:-]+(?:/(?!\\.{1,2}(?:/|$))[\\w!.()=@+,:-]+)*",
        example: "runs/2026",
      },
      partition,
    },
  },
  list: [{ actions: ["s3:ListAllMyBuckets"], on: "*" }],
  revocable: false,
  access: {
    read: {
      ...bySessionPolicy,
      permissions: [
        { actions: ["s3:GetBucketLocation"], on: bucketArn },
        { actions: ["s3:ListBucket"], on: bucketArn, where: { "s3:prefix": "[{prefix}/*]" } },
        { actions: ["s3:GetObject", "s3:GetObjectVersion"], on: objectsArn },
      ],
    },
    write: {
      ...bySessionPolicy,
      permissions: [
        {
          actions: ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
          on: objectsArn,
        },
      ],
    },
  },
});

const clusterArn = "arn:{partition}:eks:{region}:{account}:cluster/{cluster}";
export const eksOffer = offer(kubernetesCluster, {
  resourceId: {
    spellings: ["eks://{region}/{cluster}", "arn:{partition}:eks:{region}:{account}:cluster/{cluster}", "{cluster}"],
    fields: {
      region,
      // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
      cluster: { pattern: "[0-9A-Za-z][A-Za-z0-9_-]{0,99}", example: "prod" },
      account,
      partition,
    },
  },
  list: [{ actions: ["eks:ListClusters"], on: "*" }],
  revocable: false,
  access: {
    admin: {
      credential: kubernetes,
      permissions: [{ actions: ["eks:DescribeCluster"], on: clusterArn }],
      confinement: { to: "resource", by: "cluster-token", through: "resource" },
      derived: true,
      // The API server takes a token for 15 minutes from its date; a minute is kept back for the way.
      lifetime: { min: 840, default: 840, max: 840 },
      note: "Whatever the cluster maps this identity to: levels inside the cluster cannot be told apart yet.",
    },
  },
});

const repositoryArn = "arn:{partition}:ecr:{region}:{account}:repository/{repository:-*}";
const login = { ...bySessionPolicy, credential: dockerLogin, derived: true } as const;
const loginNote = "An ECR login lives 12 hours, whatever was asked; it is no longer served after expiresAt.";
export const ecrOffer = offer(dockerRegistry, {
  resourceId: {
    spellings: [
      "{account}.dkr.ecr.{region}.{suffix}[/{repository}]",
      "{account}.dkr.ecr.{region}.{suffix}[/{repository}]/",
      "arn:{partition}:ecr:{region}:{account}:repository/{repository}",
      "{repository}",
    ],
    rewrites: [
      ["https://{rest}", "{rest}"],
      ["http://{rest}", "{rest}"],
    ],
    fields: {
      account,
      region,
      suffix,
      // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
      repository: { pattern: "[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*", example: "team/app" },
      rest: { pattern: ".+" },
      partition,
    },
  },
  list: [{ actions: ["ecr:DescribeRepositories"], on: "*" }],
  revocable: false,
  access: {
    read: {
      ...login,
      permissions: [
        { actions: ["ecr:GetAuthorizationToken"], on: "*" },
        {
          actions: [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:DescribeImages",
            "ecr:DescribeRepositories",
            "ecr:GetDownloadUrlForLayer",
            "ecr:ListImages",
          ],
          on: repositoryArn,
        },
      ],
      note: loginNote,
    },
    write: {
      ...login,
      permissions: [
        {
          actions: ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"],
          on: repositoryArn,
        },
      ],
      note: loginNote,
    },
  },
});
