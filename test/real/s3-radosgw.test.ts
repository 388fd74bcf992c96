/** The same suite as on the double, on a server that we did not write. */
import { describe, expect, it } from "vitest";
import { s3Narrowing } from "../suites/s3-narrowing.ts";
import { hasRadosgw, radosgwTarget } from "./services/radosgw.ts";

if (hasRadosgw())
  s3Narrowing("S3 on Ceph radosgw", radosgwTarget, ["iam-role", "secret-key+role", "web-identity", "session-token"]);
else {
  describe("Ceph radosgw", () => {
    it("is here: install it with test/real/install.sh", () => {
      expect(process.env["CI"], "radosgw is missing").toBeUndefined();
    });
  });
}
