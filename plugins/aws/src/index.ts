import { connector, definePlugin } from "@keywright/core";
import { aws } from "./declaration/aws.ts";

export { aws };
export { awsGeneric, s3Bucket } from "./declaration/resources.ts";
export default definePlugin({ connectors: [connector(aws, () => import("./runtime/index.ts"))] });
