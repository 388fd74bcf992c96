import { describe, expect, it } from "vitest";
import { withoutCredentials } from "../../src/deliver/aws-config.ts";

const config = `# top
[default]
region = us-east-1
aws_access_key_id = AKIA
aws_secret_access_key=shh
s3 =
  addressing_style = path
[profile dev]
region = eu-west-1
services = local
role_arn = arn
source_profile = default
credential_process = /bin/print
    --keys
[services local]
s3 =
  endpoint_url = http://127.0.0.1:1
[sso-session corp]
sso_start_url = https://corp
`;

describe("the copy for a child", () => {
  it("keeps settings and drops every way to a credential", () => {
    expect(withoutCredentials(config)).toBe(
      "[default]\nregion = us-east-1\ns3 =\n  addressing_style = path\n[profile dev]\nregion = eu-west-1\nservices = local\n[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:1\n",
    );
  });
  it("makes the chosen profile the default", () => {
    expect(withoutCredentials(config, "dev")).toBe(
      "[profile dev]\nregion = eu-west-1\nservices = local\n[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:1\n[default]\nregion = eu-west-1\nservices = local\n",
    );
    expect(withoutCredentials(config, "default")).toContain("[default]\nregion = us-east-1");
  });
  it("is empty for nothing", () => expect(withoutCredentials("")).toBe(""));
});
