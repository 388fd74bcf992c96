/** Code in colour. In a console block the prompt and the output stand apart, and only the commands are copied. */
import highlighter from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import ini from "highlight.js/lib/languages/ini";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import typescript from "highlight.js/lib/languages/typescript";
import yaml from "highlight.js/lib/languages/yaml";

const languages = { bash, ini, json, python, ts: typescript, yaml } as const;
for (const [name, language] of Object.entries(languages)) highlighter.registerLanguage(name, language);

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const coloured = (language: string, text: string): string =>
  Object.hasOwn(languages, language) ? highlighter.highlight(text, { language }).value : escape(text);

const prompt = "$ ";
export const highlighted = (language: string, text: string): { readonly html: string; readonly copied: string } => {
  if (language !== "console") return { html: coloured(language, text), copied: text };
  const lines = text.split("\n");
  return {
    html: lines
      .map((line) =>
        line.startsWith(prompt)
          ? `<span class="prompt">${prompt}</span>${escape(line.slice(prompt.length))}`
          : `<span class="output">${escape(line)}</span>`,
      )
      .join("\n"),
    copied: lines
      .filter((line) => line.startsWith(prompt))
      .map((line) => line.slice(prompt.length).replace(/\s+#.*$/, ""))
      .join("\n"),
  };
};
