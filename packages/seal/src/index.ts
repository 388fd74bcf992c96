/**
 * Sealed values: AES-256-GCM under a key ring. What is sealed is bound to its identity (record, field, version), so that
 * a value moved to another place does not open there. A wrong key is an error of its own, never "absent".
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import type { Sealer } from "@keywright/core";
import { KeywrightError } from "@keywright/core/errors";

/** 32 bytes and the id that everything sealed under them names. */
export type SealKey = { readonly id: string; readonly bytes: Uint8Array };
/** `current` seals; every key opens what names its id. */
export type KeyRing = { readonly current: SealKey; readonly keys: ReadonlyMap<string, SealKey> };

const format = 1;
const idBytes = 6;
const nonceBytes = 12;
const tagBytes = 16;
export const keyBytes = 32;

/** An id derived from the key itself (12 hex digits): the same key has the same id everywhere, and the id tells nothing. */
export const keyIdOf = (bytes: Uint8Array): string =>
  createHash("sha256")
    .update("keywright seal key id")
    .update(bytes)
    .digest("hex")
    .slice(0, idBytes * 2);

export const sealKey = (bytes: Uint8Array): SealKey => {
  if (bytes.length !== keyBytes) {
    throw new KeywrightError("key-invalid", `A key has ${keyBytes} bytes; this one has ${bytes.length}.`);
  }
  return { id: keyIdOf(bytes), bytes };
};
export const newKey = (): SealKey => sealKey(randomBytes(keyBytes));

/** Text form of a key: base64url without padding, 43 characters, nothing else. */
export const encodeKey = (key: SealKey): string => Buffer.from(key.bytes).toString("base64url");
export const decodeKey = (text: string, from: string): SealKey => {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text) || Buffer.from(text, "base64url").toString("base64url") !== text) {
    throw new KeywrightError(
      "key-invalid",
      `${from} is not a key: it must be 32 random bytes in base64url (43 characters).`,
      {
        hint: `Make one: node -p 'crypto.randomBytes(32).toString("base64url")'`,
      },
    );
  }
  return sealKey(Buffer.from(text, "base64url"));
};

export const keyRing = (current: SealKey, older: readonly SealKey[] = []): KeyRing => ({
  current,
  keys: new Map([...older, current].map((key) => [key.id, key])),
});

/** Unambiguous bytes of an identity: each part with its length before it. */
const bind = (identity: readonly string[]): Buffer =>
  Buffer.concat(
    identity.flatMap((part) => {
      const bytes = Buffer.from(part, "utf8");
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );

const objects = new WeakMap<Uint8Array, KeyObject>();
/** The key in the form that OpenSSL takes; made once for each key. */
const keyObject = (bytes: Uint8Array): KeyObject => {
  const known = objects.get(bytes);
  if (known) return known;
  const made = createSecretKey(bytes);
  objects.set(bytes, made);
  return made;
};

/** Bytes: format (1) · key id (6) · nonce (12) · tag (16) · ciphertext. */
export const seal = (ring: KeyRing, identity: readonly string[], plain: string | Uint8Array): Buffer => {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", keyObject(ring.current.bytes), nonce);
  cipher.setAAD(bind([String(format), ring.current.id, ...identity]));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(format), Buffer.from(ring.current.id, "hex"), nonce, cipher.getAuthTag(), sealed]);
};

/** Id of the key that a sealed value names. */
export const sealedUnder = (sealed: Uint8Array): string => Buffer.from(sealed.subarray(1, 1 + idBytes)).toString("hex");

/** Throws `key-wrong` when the ring lacks the key, `cannot-decrypt` when the bytes or the identity were changed. */
export const unseal = (ring: KeyRing, identity: readonly string[], sealed: Uint8Array): Buffer => {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const head = 1 + idBytes + nonceBytes + tagBytes;
  const what = identity[0] ?? "value";
  if (bytes.length < head || bytes[0] !== format) {
    throw new KeywrightError("cannot-decrypt", `The sealed ${what} is damaged: it is not in a known form.`, {
      hint: "Restore the state folder from a backup.",
    });
  }
  const id = sealedUnder(bytes);
  const key = ring.keys.get(id);
  if (!key) {
    throw new KeywrightError(
      "key-wrong",
      `The ${what} was sealed with key ${id}; the key in use is ${ring.current.id}.`,
      {
        hint: "Give Keywright the key that this state was made with; `keywright doctor` shows where it is looked for.",
      },
    );
  }
  const nonce = bytes.subarray(1 + idBytes, 1 + idBytes + nonceBytes);
  const decipher = createDecipheriv("aes-256-gcm", keyObject(key.bytes), nonce, { authTagLength: tagBytes });
  decipher.setAuthTag(bytes.subarray(1 + idBytes + nonceBytes, head));
  decipher.setAAD(bind([String(format), id, ...identity]));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(head)), decipher.final()]);
  } catch (cause) {
    throw new KeywrightError("cannot-decrypt", `The sealed ${what} was changed or moved, and does not open.`, {
      hint: "Restore the state folder from a backup.",
      cause,
    });
  }
};

/** Keyed digest, hex. */
export const authenticate = (key: Uint8Array, text: string): string =>
  createHmac("sha256", keyObject(key)).update(text).digest("hex");

/** The sealer that stores are given: the same ring, bound to a name of its own. */
export const sealerOf = (ring: KeyRing, name: string): Sealer => ({
  keyId: ring.current.id,
  seal: (identity, plain) => seal(ring, [name, ...identity], plain),
  unseal: (identity, sealed) => unseal(ring, [name, ...identity], sealed),
  keyIdOf: sealedUnder,
});
