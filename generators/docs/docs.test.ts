/** The site and the reference pages, built into memory: nothing is missing, nothing leads nowhere, nothing a plugin says is markup. */
import { check } from "@keywright/manifest/validate";
import { Ajv } from "ajv";
import { parse as parseYaml } from "yaml";
import { answersSchema, answersSchemaOf, configurationSchema } from "../../packages/cli/src/file-schemas.ts";
import { join } from "node:path";
import { canonicalise } from "@keywright/core";
import { errorCodes, exitCodeOf } from "@keywright/core/errors";
import { type Manifest, manifestOf } from "@keywright/manifest";
import { referenceOf } from "@keywright/manifest/reference";
import { Marked } from "marked";
import type { HTMLElement } from "node-html-parser";
import { beforeAll, describe, expect, it } from "vitest";
import { parseArguments } from "../../packages/cli/src/arguments.ts";
import { commands } from "../../packages/cli/src/command-table.ts";
import examplePlugin from "./examples/notice-board-plugin.ts";
import { siteInputs } from "./inputs.ts";
import { commandPath } from "./command-pages.ts";
import { pathOf } from "./reference-pages.ts";
import { referenceFiles } from "./references.ts";
import { parsed as parse, searchIn } from "./search.ts";
import { type SiteInputs, siteOf } from "./site.ts";

const root = join(import.meta.dirname, "../..");
let inputs: SiteInputs;
let files: ReadonlyMap<string, string>;
let pages: ReadonlyMap<string, HTMLElement>;
beforeAll(async () => {
  inputs = await siteInputs(root);
  files = siteOf(inputs);
  pages = new Map([...files].filter(([path]) => path.endsWith(".html")).map(([path, text]) => [path, parse(text)]));
});
const textAt = (path: string | null): string => {
  const page = pages.get(path ?? "");
  if (page === undefined) throw new Error(`no page ${path}`);
  return page.textContent;
};
const manifests = () => inputs.plugins.map(({ manifest }) => manifest);

describe("links", () => {
  it("all lead to a file of the site, and to an anchor that is there", () => {
    const anchors = new Map(
      [...pages].map(([path, page]) => [path, new Set(page.querySelectorAll("[id]").map(({ id }) => id))]),
    );
    const broken: string[] = [];
    let followed = 0;
    for (const [path, page] of pages)
      for (const element of page.querySelectorAll("a[href], link[href], script[src]")) {
        const address = element.getAttribute("href") ?? element.getAttribute("src") ?? "";
        if (/^https?:/.test(address)) continue;
        followed++;
        const [to = "", anchor] = address.split("#");
        const target = to === "" ? path : decodeURI(new URL(to, `http://x/${path}`).pathname).slice(1);
        if (address.startsWith("/") || !files.has(target)) broken.push(`${path}: ${address}`);
        else if (anchor !== undefined && anchors.get(target)?.has(decodeURIComponent(anchor)) !== true)
          broken.push(`${path}: ${address} has no such anchor`);
      }
    expect(broken).toEqual([]);
    expect(followed).toBeGreaterThan(1000);
  });
  it("every anchor of a page is its own", () => {
    for (const [path, page] of pages) {
      const ids = page.querySelectorAll("[id]").map(({ id }) => id);
      expect(
        ids.filter((id, index) => ids.indexOf(id) !== index),
        path,
      ).toEqual([]);
    }
  });
  it("load nothing from elsewhere", () => {
    for (const [path, page] of pages)
      for (const element of page.querySelectorAll("link, script, img, iframe"))
        expect(element.getAttribute("src") ?? element.getAttribute("href") ?? "", path).not.toMatch(/^(https?:)?\/\//);
    expect(files.get("assets/style.css")).not.toMatch(/@import|url\(/);
  });
});

describe("what is declared", () => {
  it("has a page with all of it: types, methods, resources, schemas, kinds, stores", () => {
    for (const manifest of manifests()) {
      for (const type of manifest.connectors) {
        const index = textAt(pathOf(`type/${type.id}`));
        for (const host of type.hosts) expect(index).toContain(host);
        for (const method of type.authMethods) {
          expect(index).toContain(method.description);
          const page = textAt(pathOf(`method/${type.id}/${method.id}`));
          expect(page).toContain(method.description);
          for (const [name, field] of Object.entries(method.config.properties ?? {})) {
            expect(page, `${method.id} ${name}`).toContain(field["description"]);
            if (typeof field["pattern"] === "string") expect(page).toContain(field["pattern"]);
          }
          for (const variant of method.variants ?? []) expect(page).toContain(variant.id);
        }
        for (const offer of type.resources) {
          const page = textAt(pathOf(`resource/${type.id}/${offer.type.id}`));
          expect(index).toContain(offer.type.description);
          for (const spelling of offer.resourceId?.spellings ?? []) expect(page).toContain(spelling);
          for (const { pattern } of Object.values(offer.resourceId?.fields ?? {})) expect(page).toContain(pattern);
          for (const action of Object.values(offer.access).flatMap((ways) =>
            ways.flatMap(({ permissions }) => permissions.flatMap(({ actions }) => actions)),
          ))
            expect(page).toContain(action);
        }
      }
      for (const { id, schema } of manifest.secretSchemas)
        for (const name of Object.keys(schema.properties ?? {})) expect(textAt(pathOf(`secret/${id}`))).toContain(name);
      for (const { id, schema } of manifest.credentialKinds)
        for (const name of Object.keys(schema.properties ?? {})) expect(textAt(pathOf(`kind/${id}`))).toContain(name);
      for (const { id, limits } of manifest.secretStores)
        expect(textAt(pathOf(`store/${id}`))).toContain(String(limits.valueBytes));
    }
  });
  it("shows defaults, bounds and secrets in the field's own row", () => {
    const row = (path: string | null, field: string) =>
      pages
        .get(path ?? "")
        ?.querySelector(`#field-${field}`)
        ?.textContent.replaceAll(/\s+/g, " ") ?? "";
    const method = pathOf("method/aws/iam-role");
    expect(row(method, "partition")).toMatch(/^partition.*no.*aws.*One of aws, aws-cn, aws-us-gov/);
    expect(row(method, "minimum-lifetime-seconds")).toContain("1 to 900");
    expect(row(method, "regions")).toContain("At most 40 items");
    expect(row(method, "role-arn")).toMatch(/yes.*arn:aws:iam::123456789012:role\/keywright/);
    expect(row(method, "secret-access-key")).toContain("secret text");
    expect(row(method, "access-key-id")).not.toContain("secret text");
  });
  it("tells what confines a grant, and what it takes where nothing does", () => {
    expect(textAt(pathOf("method/aws/iam-role"))).toMatch(
      /s3-bucket\s*read, write\s*aws-session\s*resource, by session-policy/,
    );
    expect(textAt(pathOf("method/aws/sts-token"))).toMatch(/the stored one ²\s*nothing ¹/);
    expect(textAt(pathOf("method/aws/sts-token"))).toContain("--allow-main-credential");
    expect(textAt(pathOf("method/aws/federation-token"))).not.toContain("--allow-unconfined");
  });
  it("gives the provider's own policy document, filled with examples", () => {
    const page = pages.get(pathOf("resource/aws/s3-bucket") ?? "");
    const documents = (page?.querySelectorAll("code.language-json") ?? []).map(
      ({ textContent }) => JSON.parse(textContent) as { Statement: { Action: string | string[]; Resource: string }[] },
    );
    expect(documents).toHaveLength(3);
    const [read, write] = documents.map(({ Statement }) => Statement.flatMap(({ Action }) => Action));
    expect(read).toContain("s3:GetObject");
    expect(read).not.toContain("s3:PutObject");
    expect(write).toEqual(expect.arrayContaining(["s3:GetObject", "s3:PutObject"]));
    expect(documents[0]?.Statement.map(({ Resource }) => Resource)).toContain("arn:aws:s3:::models/*");
  });
  it("has a page for every command, with its options and examples", () => {
    for (const command of commands.filter(({ words }) => !words[0]?.startsWith("__"))) {
      const page = textAt(commandPath(command));
      expect(page).toContain(command.summary);
      for (const { name, description } of command.options) {
        expect(page).toContain(`--${name}`);
        expect(page).toContain(description);
      }
      for (const example of command.examples) expect(page).toContain(`keywright ${example}`);
    }
  });
  it("has every error code with its exit status", () => {
    for (const code of errorCodes) {
      const row = pages.get("reference/errors.html")?.querySelector(`#${code}`);
      expect(row?.querySelectorAll("td")[2]?.textContent, code).toBe(String(exitCodeOf(code)));
      expect(row?.querySelectorAll("td")[1]?.textContent.length, code).toBeGreaterThan(10);
    }
  });
  it("has every JSON Schema as a file that parses", () => {
    const schemas = [...files].filter(([path]) => path.startsWith("schemas/"));
    expect(schemas.length).toBeGreaterThan(15);
    for (const [path, text] of schemas) expect(JSON.parse(text), path).toHaveProperty("$id");
  });
  it("has the TypeScript exports with signature and words", () => {
    const page = textAt("reference/api/keywright.html");
    expect(page).toContain("Opens the embedded broker on this user's state.");
    expect(page).toContain("function openKeywright(options?: KeywrightOptions): Promise<Keywright>");
    expect(page).toContain("type GrantRequest");
    expect(textAt("reference/api/core.html")).toContain("class KeywrightError extends Error");
    expect(textAt("reference/api/aws.html")).toContain("function createS3Client(grants: AwsGrants");
  });
});

const attack = `<script>alert(1)</script> [x](javascript:alert(2)) ![i](https://evil.example/i.png) **b** | a \`c\` <img src=x onerror=alert(3)> https://evil.example www.evil.example "q" 'q' &amp;`;
/** Every text of a manifest that is free to say anything. */
const hostile = (manifest: Manifest): Manifest =>
  JSON.parse(
    JSON.stringify(manifest, (key, value: unknown) =>
      ["title", "description", "note", "pattern", "x-group"].includes(key) && typeof value === "string"
        ? `${attack} ${value}`
        : value,
    ),
  ) as Manifest;
const refused = (node: HTMLElement): readonly string[] =>
  [
    ...node.querySelectorAll("script, img, [onerror], iframe"),
    ...node.querySelectorAll("a[href]").filter((one) => /^(javascript|\w+:\/\/)/.test(one.getAttribute("href") ?? "")),
  ].map(String);

describe("hostile text", () => {
  it("comes out as text in the site", () => {
    const plugins = inputs.plugins.map((plugin) => ({ ...plugin, manifest: hostile(plugin.manifest) }));
    const site = siteOf({ ...inputs, plugins });
    let met = 0;
    for (const [path, text] of site) {
      if (!path.endsWith(".html")) continue;
      const article = parse(text).querySelector("article, nav.menu");
      const whole = parse(text);
      for (const script of whole.querySelectorAll("script")) expect(script.textContent, path).not.toContain("alert");
      whole.querySelectorAll("head script").forEach((one) => one.remove());
      expect(refused(whole), path).toEqual([]);
      if (article?.textContent.includes("<script>") === true || text.includes("&lt;script&gt;alert(1)")) met++;
    }
    expect(met).toBeGreaterThan(15);
    expect(site.get("assets/search-index.js")).not.toContain("</script>");
  });
  it("comes out as text in reference.md", () => {
    const [aws] = manifests();
    const markdown = referenceOf(hostile(aws as Manifest));
    const html = parse(new Marked({ gfm: true }).parse(markdown, { async: false }));
    expect(refused(html)).toEqual([]);
    expect(html.textContent).toContain("<script>alert(1)</script>");
    const calm = parse(new Marked({ gfm: true }).parse(referenceOf(aws as Manifest), { async: false }));
    for (const tag of ["table", "tr", "td", "strong", "h2", "h3", "li", "a", "pre"])
      expect(html.querySelectorAll(tag).length, tag).toBe(calm.querySelectorAll(tag).length);
  });
});

describe("reference.md", () => {
  it("names its command first, links to what is there, and is the same each time", async () => {
    const folders = inputs.plugins.map(({ folder }) => folder);
    const [first, second] = [await referenceFiles(root, folders), await referenceFiles(root, folders)];
    expect([...first]).toEqual([...second]);
    const text = first.get("plugins/aws/generated/reference.md") ?? "";
    expect(text.split("\n")[0]).toBe("<!-- Written by `npm run generate`; do not edit. -->");
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replaceAll(/[`:\\@]|[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-");
    const anchors = new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => slug(heading)));
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, to = ""]) => to);
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((to) => !anchors.has(to))).toEqual([]);
    const schemas = [...text.matchAll(/\]\((schemas\/[^)]+)\)/g)].map(([, to = ""]) => to);
    expect(schemas.filter((to) => !files.has(to))).toEqual([]);
    expect(text).toContain("function createS3Client(");
  });
  it("is made from a manifest alone, as another author's plugin has it", () => {
    const text = referenceOf(manifestOf(examplePlugin, "notice-board"));
    expect(text.split("\n")[0]).toContain("keywright plugin build");
    expect(text).toContain("## Connector type `notice-board`: Notice board");
    expect(text).toContain("**nothing** ¹");
    expect(text).toMatch(/\| `key` \| \*\*secret\*\* text \| yes \|/);
  });
});

describe("the site", () => {
  it("says of resource ids what the code does with them", () => {
    const rows = [
      ...(inputs.written.pages.get("concepts/resource-ids") ?? "").matchAll(/^\| `([^`]+)` \| `([^`]+)` \|$/gm),
    ];
    expect(rows).toHaveLength(3);
    const s3 = manifests()
      .flatMap(({ connectors }) => connectors.flatMap(({ resources }) => resources))
      .find(({ type }) => type.id === "s3-bucket");
    const format = s3?.resourceId;
    if (!format) throw new Error("s3-bucket has no ids");
    for (const [, spelled = "", canonical = ""] of rows)
      expect(canonicalise(format, spelled, { partition: "aws" }).id).toBe(canonical);
  });
  it("can be read: every colour of text stands out from both grounds", () => {
    const css = files.get("assets/style.css") ?? "";
    const light = (hex: string) => {
      const [r = 0, g = 0, b = 0] = [1, 3, 5]
        .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
        .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const palettes = [...css.matchAll(/color-scheme: (?:light|dark);([^}]+)\}/g)].map(([, text = ""]) =>
      Object.fromEntries([...text.matchAll(/--([\w-]+): (#\w{6})/g)].map(([, name = "", hex = ""]) => [name, hex])),
    );
    expect(palettes).toHaveLength(3);
    expect(palettes[2]).toEqual(palettes[1]);
    for (const palette of palettes)
      for (const ground of ["paper", "raised", "accent-soft"])
        for (const ink of ground === "accent-soft"
          ? ["ink", "accent"]
          : ["ink", "soft", "accent", "mark", "string", "number", "keyword"]) {
          const [low = 0, high = 0] = [palette[ground], palette[ink]]
            .map((hex) => light(hex ?? ""))
            .toSorted((a, b) => a - b);
          expect((high + 0.05) / (low + 0.05), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
        }
  });
  it("is the same bytes each time", () => {
    expect([...siteOf(inputs)]).toEqual([...files]);
  });
  it("finds what people look for", () => {
    const script = files.get("assets/search-index.js") ?? "";
    const first = (question: string) => searchIn(script, question)[0]?.url;
    expect(first("s3-bucket")).toBe("reference/aws/resources/s3-bucket.html");
    expect(first("credential-process")).toBe("reference/cli/credential-process.html");
    expect(first("confinement")).toMatch(/^concepts\/grants\.html/);
    for (const question of ["role-arn", "roleArn", "--role-arn"])
      expect(first(question), question).toMatch(/^reference\/aws\/methods\/[\w-]+\.html#configuration/);
    expect(first("out-of-scope")).toBe("reference/errors.html");
    expect(first("openKeywright")).toMatch(/^reference\/api\/keywright\.html/);
    expect(searchIn(script, "no-such-thing-anywhere")).toEqual([]);
  });
  /** As a shell hands them over: where the output goes is the shell's matter. */
  const written = () =>
    [...inputs.written.pages].flatMap(([page, text]) =>
      [...text.matchAll(/^\$ (?:npx )?keywright (.+?)(?: > \S+)?$/gm)].map(([, line = ""]) => ({ page, line })),
    );
  it("shows only commands that exist, in the form that they take", () => {
    const lines = written();
    expect(lines.length).toBeGreaterThan(40);
    for (const { page, line } of lines) {
      const { command } = parseArguments(line.split(/\s+/));
      expect(command, `${page}: ${line}`).not.toBeNull();
    }
  });
  it("shows only fields that their type has", () => {
    const known = new Set(
      manifests().flatMap(({ connectors, secretSchemas }) => [
        ...connectors.flatMap((type) => type.authMethods.flatMap(({ config }) => Object.keys(config.properties ?? {}))),
        ...secretSchemas.flatMap(({ schema }) => Object.keys(schema.properties ?? {})),
      ]),
    );
    const camel = (name: string) => name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const given = written().flatMap(({ line }) => parseArguments(line.split(/\s+/)).fields);
    expect(given.length).toBeGreaterThan(8);
    expect(given.map(({ name }) => camel(name)).filter((name) => !known.has(name))).toEqual([]);
  });
  it("shows only files that their schemas take", () => {
    const page = inputs.written.pages.get("how-to/editor-help") ?? "";
    const block = (language: string) => new RegExp("```" + language + "\\n([^]*?)\\n```").exec(page)?.[1] ?? "";
    const answers = parseYaml(block("yaml")) as object;
    expect(check(answersSchema, answers).problems).toEqual([]);
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: { uri: true, "date-time": true } });
    for (const word of ["x-order", "x-group"]) ajv.addKeyword(word);
    const schema = answersSchemaOf(
      manifests().flatMap((manifest) => manifest.connectors.map((type) => ({ type, manifest }))),
    );
    expect(ajv.validate(schema, answers), ajv.errorsText()).toBe(true);
    expect(check(configurationSchema, JSON.parse(block("json"))).problems).toEqual([]);
  });
});
