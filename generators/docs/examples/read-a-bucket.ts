/** Shown on the home page and in "S3 for a training job"; type-checked with everything else. */
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { createS3Client } from "@keywright/aws/clients/s3";
import { openKeywright } from "keywright";

const kw = await openKeywright();
const grants = await kw.grants({
  connector: "prod",
  resourceType: "s3-bucket",
  resourceId: "s3://models",
  access: "read",
});
const s3 = createS3Client(grants);
const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: "models" }));
for (const { Key } of Contents) console.log(Key);
await kw.close();
