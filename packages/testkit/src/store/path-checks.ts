/** Paths: each its own, listed to the last, and nobody else's. */
import fc from "fast-check";
import { ensure, succeeds } from "../plugin/ensure.ts";
import { revealed, secretOf } from "./bench.ts";
import { same, type StoreCheck } from "./check.ts";
import type { StoreTestOptions } from "./options.ts";

/** Such as look alike: by case, by separator, by what a backend might take for its own. */
const lookalikes = [
  "a/b",
  "a.b",
  "a_b",
  "a-b",
  "A/b",
  "a/B",
  "ab",
  "a/b/c",
  "a/b.c",
  "a=b",
  "a@b",
  "a+b",
  "a/b_",
  "con",
  "a/.b",
  "a/_b",
];
const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const one of items) found.push(one);
  return found;
};

export const pathChecks = (options: StoreTestOptions): readonly StoreCheck[] => [
  {
    name: "paths that look alike are each their own",
    readable: true,
    run: async ({ run, call, type }, store) => {
      const pattern = new RegExp(`^(?:${type.limits.path})$`);
      const paths = lookalikes.filter((path) => pattern.test(path));
      ensure(
        paths.length > 1,
        "`limits.path` takes neither a/b nor a.b. A host keeps connectors/ID/ID: allow such paths.",
      );
      for (const path of paths)
        await succeeds(`Creating ${path}`, () => run(() => store.write(path, secretOf({ path }), null, call())));
      for (const path of paths)
        ensure(
          same(revealed(await run(() => store.read(path, call()))), { path }),
          `${path} and another path are one secret. Map paths to the backend's names so that no two meet: escape, do not replace.`,
        );
      const listed = (await run(() => collect(store.list("", call())))).map((one) => one.path);
      ensure(
        same(listed.toSorted(), paths.toSorted()),
        "list yields other paths than were written. Undo the escaping of the backend's names.",
      );
    },
  },
  {
    name: "every path that fits the limits is kept under that very name",
    readable: true,
    run: async ({ run, call, type }, store) => {
      const paths =
        fc.sample(
          fc.uniqueArray(
            fc.stringMatching(new RegExp(`^(?:${type.limits.path})$`)).filter((path) => path.length <= 200),
            { minLength: 4, maxLength: 12 },
          ),
          { numRuns: 1, seed: 7 },
        )[0] ?? [];
      for (const path of paths)
        await succeeds(`Creating ${JSON.stringify(path)}, which fits limits.path,`, () =>
          run(() => store.write(path, secretOf({ path }), null, call())),
        );
      for (const path of paths)
        ensure(
          same(revealed(await run(() => store.read(path, call()))), { path }),
          `${JSON.stringify(path)}, which fits limits.path, is not kept as itself. Narrow limits.path, or escape.`,
        );
    },
  },
  {
    name: "a list goes to the last page, and keeps to its prefix",
    run: async ({ run, call, type }, store) => {
      const count = options.listed ?? 13;
      const labels = type.features.includes("labels") ? { team: "ml" } : {};
      const wanted = Array.from({ length: count }, (_, index) => `team/s${String(index).padStart(3, "0")}`);
      for (const path of [...wanted, "teams/other", "tea", "other/team/x"])
        await run(() => store.write(path, secretOf({ key: path }, labels), null, call()));
      const found = await succeeds("Listing", () => run(() => collect(store.list("team/", call()))));
      const paths = found.map(({ path }) => path);
      ensure(
        new Set(paths).size === paths.length,
        "list yields a path twice. Start each page after the last of the one before.",
      );
      const extra = paths.find((path) => !wanted.includes(path));
      ensure(
        extra === undefined,
        `list("team/") yields ${extra}. A prefix is a beginning of the text, slash included.`,
      );
      ensure(
        paths.length === count,
        `list yields ${paths.length} of ${count} secrets. Follow the backend's continuation until there is none.`,
      );
      ensure(
        found.every((one) => same(one.labels, labels)),
        "list yields other labels than were written.",
      );
      ensure(
        (await run(() => collect(store.list("none/", call())))).length === 0,
        "list of a prefix that nobody has yields something.",
      );
    },
  },
  {
    name: "another store on the same backend sees nothing of it",
    readable: true,
    run: async ({ run, call, open, world }, store) => {
      if (!world.other) return;
      await run(() => store.write("shared", secretOf({ key: "mine" }), null, call()));
      const other = await open(world.other);
      ensure(
        (await run(() => other.read("shared", call()))) === null,
        "A store of another scope reads what is not its own. Put the scope into every name.",
      );
      ensure(
        (await run(() => collect(other.list("", call())))).length === 0,
        "A store of another scope lists what is not its own. List below the scope alone.",
      );
      await succeeds("Creating the same path in another scope", () =>
        run(() => other.write("shared", secretOf({ key: "theirs" }), null, call())),
      );
      ensure(
        (await run(() => other.remove("shared", call()))) === true,
        "A store of another scope cannot remove its own.",
      );
      ensure(
        same(revealed(await run(() => store.read("shared", call()))), { key: "mine" }),
        "Removing in one scope removed what is another's. Put the scope into every name.",
      );
    },
  },
];
