/** Shown in "S3 for a training job". */
import { createS3Client } from "@keywright/aws/clients/s3";
import { openKeywright } from "keywright";

const kw = await openKeywright();
const from = (resourceId: string, access: "read" | "write") =>
  kw.grants({ connector: "training", resourceType: "s3-bucket", resourceId, access });

export const data = createS3Client(await from("s3://data/images", "read"));
export const models = createS3Client(await from("s3://models/runs/2026", "write"));
