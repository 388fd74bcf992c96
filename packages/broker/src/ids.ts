import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
/** 20 characters, 100 random bits: fits a provider's session name (`kw-` before it) and is never a word. */
export const newId = (): string => [...randomBytes(20)].map((byte) => alphabet[byte & 31]).join("");
/** Goes into the provider's log; joins it with our grants. */
export const sessionNameOf = (grantId: string): string => `kw-${grantId}`;

/** Whether the process with this id still runs on this machine. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
};
