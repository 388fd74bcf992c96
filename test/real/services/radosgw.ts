/** Ceph's object gateway with STS: real narrowing, real expiry to the second. https://docs.ceph.com/en/pacific/radosgw/STS/ */
import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, createSign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { AwsTarget } from "../../suites/target.ts";
import { createRunner, freePort, has, until } from "./service.ts";

export const hasRadosgw = (): boolean => ["radosgw", "ceph-mon", "ceph-osd", "radosgw-admin"].every(has);

const tenant = "123456789012";
const owner = { accessKeyId: "KWOWNERKEY0000000001", secretAccessKey: "canary-radosgw-owner-secret-0001" };

/** A token issuer whose keys carry a certificate: the gateway knows an issuer by the thumbprint. */
const startIssuer = async (folder: string) => {
  const key = join(folder, "issuer.key");
  const certificate = join(folder, "issuer.pem");
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      key,
      "-out",
      certificate,
      "-days",
      "2",
      "-subj",
      "/CN=127.0.0.1",
    ],
    { stdio: "ignore" },
  );
  const der = Buffer.from(readFileSync(certificate, "utf8").replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  const privateKey = createPrivateKey(readFileSync(key));
  const { n, e } = privateKey.export({ format: "jwk" }) as { n: string; e: string };
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    response.end(
      JSON.stringify(
        request.url?.includes("openid-configuration")
          ? { issuer, jwks_uri: `${issuer}/keys` }
          : { keys: [{ kty: "RSA", alg: "RS256", use: "sig", kid: "kw", n, e, x5c: [der.toString("base64")] }] },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sign = (claims: object): string => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const body = `${part({ alg: "RS256", typ: "JWT", kid: "kw" })}.${part(claims)}`;
    return `${body}.${createSign("RSA-SHA256").update(body).sign(privateKey, "base64url")}`;
  };
  return {
    issuer,
    sign,
    thumbprint: createHash("sha1").update(der).digest("hex").toUpperCase(),
    close: () => void server.close(),
  };
};

export const radosgwTarget = async (): Promise<AwsTarget> => {
  const runner = createRunner("rgw");
  const { folder } = runner;
  const [mon, monV1, rgw] = [await freePort(23_000), await freePort(23_600), await freePort(24_000)];
  const conf = join(folder, "ceph.conf");
  const fsid = runner.run("uuidgen", []).trim();
  for (const name of ["mon", "osd", "rgw", "run"]) mkdirSync(join(folder, name));
  writeFileSync(
    conf,
    `[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${mon}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 5000
osd pool default pg autoscale mode = off
mon data = ${folder}/mon
osd data = ${folder}/osd
rgw data = ${folder}/rgw
run dir = ${folder}/run
log file = /dev/null
mon cluster log file = /dev/null
admin socket = ${folder}/run/$cluster-$name.$pid.asok
[osd.0]
osd objectstore = memstore
memstore device bytes = 2147483648
[client.rgw.a]
auth client required = none
ms mon client mode = crc
rgw frontends = beast endpoint=127.0.0.1:${rgw}
rgw s3 auth use sts = true
rgw sts key = 0123456789abcdef
rgw sts min session duration = 1
`,
  );
  const env = { CEPH_CONF: conf };
  const issuer = await startIssuer(folder);
  const close = async () => {
    issuer.close();
    await runner.stop();
  };
  try {
    const run = (program: string, ...args: string[]) => runner.run(program, args, env);
    run(
      "monmaptool",
      "--create",
      "--clobber",
      "--fsid",
      fsid,
      "--addv",
      "a",
      `[v2:127.0.0.1:${mon},v1:127.0.0.1:${monV1}]`,
      join(folder, "monmap"),
    );
    run("ceph-mon", "--mkfs", "-i", "a", "--monmap", join(folder, "monmap"));
    runner.start("ceph-mon", ["-i", "a", "-f"], env);
    const uuid = run("uuidgen").trim();
    await until("ceph-mon", async () => run("ceph", "--connect-timeout", "5", "osd", "new", uuid) !== "");
    run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", uuid);
    runner.start("ceph-osd", ["-i", "0", "-f"], env);
    runner.start("radosgw", ["-n", "client.rgw.a", "-f"], env);
    const url = `http://127.0.0.1:${rgw}`;
    await until("radosgw", async () => (await fetch(url)).status === 200, 90);

    const admin = (...args: string[]) =>
      run("radosgw-admin", "--ms_mon_client_mode=crc", "--auth_client_required=none", ...args);
    admin(
      "user",
      "create",
      "--tenant",
      tenant,
      "--uid=kw",
      "--display-name=kw",
      `--access-key=${owner.accessKeyId}`,
      `--secret-key=${owner.secretAccessKey}`,
      "--caps=roles=*;user-policy=*;oidc-provider=*",
    );
    // GetSessionToken needs a policy of the user's own.
    const iam = (parameters: Record<string, string>) => signedPost(url, { Version: "2010-05-08", ...parameters });
    await iam({
      Action: "PutUserPolicy",
      UserName: `${tenant}$kw`,
      PolicyName: "session",
      PolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: ["sts:*"], Resource: ["*"] }],
      }),
    }).catch(() => undefined);
    await iam({
      Action: "CreateOpenIDConnectProvider",
      Url: issuer.issuer,
      "ClientIDList.member.1": "keywright",
      "ThumbprintList.member.1": issuer.thumbprint,
    });
    const host = new URL(issuer.issuer).host;
    const trust = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { AWS: [`arn:aws:iam::${tenant}:user/kw`] }, Action: ["sts:AssumeRole"] },
        {
          Effect: "Allow",
          Principal: { Federated: [`arn:aws:iam::${tenant}:oidc-provider/${host}`] },
          Action: ["sts:AssumeRoleWithWebIdentity"],
          Condition: { StringEquals: { [`${host}:app_id`]: "keywright" } },
        },
      ],
    });
    const makeRole = () => {
      admin("role", "create", "--tenant", tenant, "--role-name=kw", `--assume-role-policy-doc=${trust}`);
      admin(
        "role-policy",
        "put",
        "--tenant",
        tenant,
        "--role-name=kw",
        "--policy-name=all",
        `--policy-doc=${JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] }] })}`,
      );
    };
    makeRole();
    const roleArn = `arn:aws:iam::${tenant}:role/kw`;

    const s3 = new S3Client({
      region: "us-east-1",
      endpoint: url,
      forcePathStyle: true,
      credentials: { ...owner },
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    for (const Bucket of ["models", "models-2"]) {
      await s3.send(new CreateBucketCommand({ Bucket }));
      for (const Key of ["in/a.txt", "out/b.txt"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    }
    const token = issuer.sign({
      iss: issuer.issuer,
      sub: "kw:test",
      aud: "keywright",
      app_id: "keywright",
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 3600,
    });
    return {
      name: "Ceph radosgw 16.2",
      kind: "real",
      config: { region: "us-east-1", stsEndpoint: url, s3Endpoint: url, minimumLifetimeSeconds: 2 },
      endpoints: [new URL(url).host],
      methods: {
        "iam-role": { config: { roleArn }, secret: owner },
        "secret-key+role": { config: { roleArn }, secret: owner },
        "web-identity": { config: { roleArn }, secret: { token } },
        "session-token": { config: {}, secret: owner },
      },
      buckets: ["models", "models-2"],
      keys: async (Bucket) =>
        ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = "" }) => Key).toSorted(),
      pass: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
      clock: () => new Date(),
      shortest: 3,
      revoke: async () => {
        admin("role-policy", "delete", "--tenant", tenant, "--role-name=kw", "--policy-name=all");
        admin("role", "delete", "--tenant", tenant, "--role-name=kw");
        return async () => makeRole();
      },
      close,
    };
  } catch (error) {
    const logs = runner.logs();
    await close();
    throw new Error(
      `radosgw did not start: ${(error as Error).message} ${(error as { stderr?: string }).stderr ?? ""}\n${logs}`,
      { cause: error },
    );
  }
};

/** A signed form post to the gateway's IAM, which the SDK clients we carry do not speak. */
const signedPost = async (url: string, parameters: Record<string, string>): Promise<string> => {
  const { SignatureV4 } = await import("@smithy/signature-v4");
  const { Hash } = await import("./hash.ts");
  const body = new URLSearchParams(parameters).toString().replaceAll("+", "%20");
  const { hostname, port, host } = new URL(url);
  const signed = await new SignatureV4({
    service: "iam",
    region: "us-east-1",
    credentials: { ...owner },
    sha256: Hash,
  }).sign({
    method: "POST",
    protocol: "http:",
    hostname,
    port: Number(port),
    path: "/",
    headers: { host, "content-type": "application/x-www-form-urlencoded" },
    body,
  });
  const answer = await fetch(url, { method: "POST", headers: signed.headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${parameters["Action"]}: ${answer.status} ${text}`);
  return text;
};
