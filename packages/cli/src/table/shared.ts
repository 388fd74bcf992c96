/** Options that several commands share. */
import type { Option } from "../command-table.ts";

export const resourceType: Option = {
  name: "resource-type",
  short: "r",
  value: "RESOURCE_TYPE",
  description: "Class of thing to reach, for example s3-bucket.",
};
export const resourceId: Option = {
  name: "resource-id",
  value: "ID",
  description: "The one resource, in any spelling that its type accepts.",
};
export const access: Option = {
  name: "access",
  value: "LEVEL",
  description: "read, write or admin; read when left out and offered.",
};
export const ttl: Option = {
  name: "ttl",
  value: "DURATION",
  description: "How long it shall live: 900, 15m, 1h, 36h.",
};
export const connector: Option = { name: "connector", value: "NAME", description: "Name or id of the connector." };
export const reveal: Option = { name: "reveal", description: "Print the credential itself; the audit notes it." };
export const selectors = [resourceType, resourceId, access, ttl];
