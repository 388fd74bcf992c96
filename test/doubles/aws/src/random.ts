import { createHash, createHmac } from "node:crypto";

/** Deterministic ids and keys: the same seed and the same order of calls give the same values. */
export interface Random {
  bytes(length: number): Buffer;
  /** Upper-case base32 text, the alphabet of access keys and unique ids. */
  base32(length: number): string;
  base64(bytes: number): string;
  hex(bytes: number): string;
  uuid(): string;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export const createRandom = (seed: string): Random => {
  const key = createHash("sha256").update(seed).digest();
  let counter = 0;
  const bytes = (length: number): Buffer => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < length; have += 32) {
      blocks.push(createHmac("sha256", key).update(String(counter++)).digest());
    }
    return Buffer.concat(blocks).subarray(0, length);
  };
  const hex = (length: number): string => bytes(length).toString("hex");
  return {
    bytes,
    hex,
    base32: (length) => Array.from(bytes(length), (byte) => BASE32.charAt(byte % 32)).join(""),
    base64: (length) => bytes(length).toString("base64"),
    uuid: () => hex(16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
  };
};
