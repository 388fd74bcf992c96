/**
 * The process's own streams. Those of Node load a good part of the network stack, a tenth of a start: a pipe or a file is
 * written directly, and standard input is opened when it is read. A terminal gets Node's.
 */
import { fstatSync, writeSync } from "node:fs";
import type { Input, Output } from "../io.ts";

/** Linux's /dev/null, which is a character device like a terminal. */
const nullDevice = 0x103;
const mayBeTerminal = (fd: number): boolean => {
  try {
    const found = fstatSync(fd);
    return found.isCharacterDevice() && !(process.platform === "linux" && found.rdev === nullDevice);
  } catch {
    return false;
  }
};

const codeOf = (error: unknown) => (error as { code?: string }).code;
const directly = (fd: number): Output => ({
  write: (text) => {
    const bytes = Buffer.from(text);
    for (let from = 0; from < bytes.length;) {
      try {
        from += writeSync(fd, bytes, from);
      } catch (error) {
        // The reader went away (`| head`): that is no failure of ours.
        if (codeOf(error) === "EPIPE") process.exit(0);
        if (codeOf(error) !== "EAGAIN") throw error;
        // A full pipe; its reader is on the way.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
    return true;
  },
});
const quiet = (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
};

const later: Input = {
  [Symbol.asyncIterator]: () => process.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>,
};

export type Streams = {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Once everything is written. */
  readonly end: (then: () => void) => void;
};
export const processStreams = (): Streams => {
  const streams = [mayBeTerminal(1) ? process.stdout : null, mayBeTerminal(2) ? process.stderr : null] as const;
  const [stdout, stderr] = streams;
  for (const stream of streams) stream?.on("error", quiet);
  return {
    stdin: mayBeTerminal(0) ? process.stdin : later,
    stdout: stdout ?? directly(1),
    stderr: stderr ?? directly(2),
    end: (then) => {
      const last = () => (stderr ? void stderr.write("", then) : then());
      if (stdout) stdout.write("", last);
      else last();
    },
  };
};
