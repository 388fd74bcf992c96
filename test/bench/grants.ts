/** Cached, audited grants in this process against a bare prepared insert: same file system, same pragmas, a commit a row. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Broker, GrantRequest } from "@keywright/broker";
import { median } from "./processes.ts";

const batch = 10;
const rounds = 101;

export const timeGrants = async (
  broker: Broker,
  request: GrantRequest,
  folder: string,
): Promise<{ readonly grants: number; readonly inserts: number }> => {
  const database = new DatabaseSync(join(folder, "bare.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  database.exec(
    "CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, detail TEXT NOT NULL) STRICT",
  );
  const insert = database.prepare("INSERT INTO audit (at, actor, detail) VALUES (?, ?, ?)");
  const detail = JSON.stringify({
    resourceType: "s3-bucket",
    resourceId: "s3://models",
    access: "read",
    cached: true,
    expiresAt: Date.now(),
  });
  const grants: number[] = [];
  const inserts: number[] = [];
  for (let round = -2; round < rounds; round++) {
    let since = performance.now();
    for (let index = 0; index < batch; index++) insert.run(Date.now(), "local:bench", detail);
    const bare = performance.now() - since;
    since = performance.now();
    for (let index = 0; index < batch; index++) await broker.grants.issue(request);
    const ours = performance.now() - since;
    if (round < 0) continue;
    inserts.push((batch / bare) * 1000);
    grants.push((batch / ours) * 1000);
  }
  database.close();
  return { grants: median(grants), inserts: median(inserts) };
};
