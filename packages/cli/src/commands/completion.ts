/** Completion scripts, static but for the names of connectors, which `__complete` reads. */
import { KeywrightError } from "@keywright/core/errors";
import { didYouMean } from "@keywright/core/nearest";
import { shown } from "../arguments.ts";
import { type Command, commands, globalOptions, groups } from "../command-table.ts";
import { argument, type Context } from "../context.ts";
import { print, printJson } from "../output.ts";

const visible = commands.filter((one) => !one.hidden);
const optionsOf = (command: Command) => [...command.options, ...globalOptions].filter((one) => !one.hidden);
const takesConnector = (command: Command) => command.arguments[0]?.name === "NAME" && command.words[1] !== "register";
const firstWords = [...new Set(visible.map((one) => one.words[0] ?? ""))];
const secondWords = (group: string) =>
  visible.filter((one) => one.words[0] === group && one.words.length > 1).map((one) => one.words[1] ?? "");
const choices: Readonly<Record<string, readonly string[]>> = {
  access: ["read", "write", "admin"],
  status: ["active", "pending", "dropped", "revoked", "failed"],
};

const bash = (): string => {
  const cases = visible.map(
    (one) =>
      `    "${one.words.join(" ")}") options="${optionsOf(one)
        .map(({ name }) => `--${name}`)
        .join(" ")}"; names=${takesConnector(one) ? 1 : 0} ;;`,
  );
  return `# keywright completion for bash: keywright completion bash > ~/.local/share/bash-completion/completions/keywright
_keywright() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words options="" names=0
  case "$previous" in
    --connector) COMPREPLY=($(compgen -W "$(keywright __complete 2>/dev/null)" -- "$current")); return ;;
${Object.entries(choices)
  .map(([name, all]) => `    --${name}) COMPREPLY=($(compgen -W "${all.join(" ")}" -- "$current")); return ;;`)
  .join("\n")}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${firstWords.join(" ")}" -- "$current")); return; fi
  words="\${COMP_WORDS[1]}"
  case "$words" in
${groups.map(({ word }) => `    ${word}) if [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W "${secondWords(word).join(" ")}" -- "$current")); return; fi; words="$words \${COMP_WORDS[2]}" ;;`).join("\n")}
  esac
  case "$words" in
${cases.join("\n")}
  esac
  if [ "$words" = "completion" ]; then options="bash zsh fish $options"; fi
  if [ "$names" -eq 1 ] && [ "\${current#-}" = "$current" ]; then options="$(keywright __complete 2>/dev/null)"; fi
  COMPREPLY=($(compgen -W "$options" -- "$current"))
}
complete -o default -F _keywright keywright kw`;
};

const quoted = (words: string) =>
  words.replaceAll("'", "").replaceAll("[", "(").replaceAll("]", ")").replaceAll(":", " -");
const described = (command: Command) => `'${command.words.at(-1) ?? ""}:${quoted(command.summary)}'`;
const zsh = (): string => {
  const cases = visible.map((one) => {
    const specs = optionsOf(one).map(({ name, description, value, repeatable }) => {
      const star = repeatable ? "*" : "";
      const after =
        value === undefined
          ? ""
          : `=:${quoted(value)}:${name === "connector" ? "_keywright_names" : choices[name] ? `(${choices[name].join(" ")})` : ""}`;
      return `'${star}--${name}${after === "" ? "" : "="}[${quoted(description)}]${after.replace(/^=/, "")}'`;
    });
    const names = takesConnector(one)
      ? " '1:connector:_keywright_names'"
      : one.words[0] === "completion"
        ? " '1:shell:(bash zsh fish)'"
        : "";
    return `    "${one.words.join(" ")}") _arguments${names} ${specs.join(" ")} '*:file:_files' ;;`;
  });
  return `#compdef keywright kw
# keywright completion for zsh: keywright completion zsh > "\${fpath[1]}/_keywright"
_keywright_names() { local -a names; names=(\${(f)"$(keywright __complete 2>/dev/null)"}); compadd -a names }
_keywright() {
  local -a first
  if (( CURRENT == 2 )); then
    first=(${[...groups.map(({ word, summary }) => `'${word}:${quoted(summary)}'`), ...visible.filter((one) => one.words.length === 1).map(described)].join(" ")})
    _describe command first; return
  fi
  local path="$words[2]" depth=1
  case "$path" in
${groups
  .map(
    ({ word }) => `    ${word})
      if (( CURRENT == 3 )); then first=(${visible
        .filter((one) => one.words[0] === word)
        .map(described)
        .join(" ")}); _describe command first; return; fi
      path="$path $words[3]"; depth=2 ;;`,
  )
  .join("\n")}
  esac
  shift $depth words; (( CURRENT -= depth ))
  case "$path" in
${cases.join("\n")}
  esac
}
compdef _keywright keywright kw`;
};

const about = (words: string) => `'${words.replaceAll("'", "")}'`;
const fish = (): string => {
  const lines = [
    "# keywright completion for fish: keywright completion fish > ~/.config/fish/completions/keywright.fish",
  ];
  for (const name of ["keywright", "kw"]) {
    lines.push(`complete -c ${name} -f`);
    for (const { word, summary } of groups)
      lines.push(`complete -c ${name} -n __fish_use_subcommand -a ${word} -d ${about(summary)}`);
    for (const one of visible) {
      const [first = "", second] = one.words;
      const here =
        second === undefined
          ? `__fish_seen_subcommand_from ${first}`
          : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`;
      lines.push(
        second === undefined
          ? `complete -c ${name} -n __fish_use_subcommand -a ${first} -d ${about(one.summary)}`
          : `complete -c ${name} -n '__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${secondWords(first).join(" ")}' -a ${second} -d ${about(one.summary)}`,
      );
      if (takesConnector(one)) lines.push(`complete -c ${name} -n '${here}' -a '(keywright __complete 2>/dev/null)'`);
      if (first === "completion") lines.push(`complete -c ${name} -n '${here}' -a 'bash zsh fish'`);
      for (const option of optionsOf(one)) {
        const values =
          option.name === "connector"
            ? ` -a '(keywright __complete 2>/dev/null)'`
            : choices[option.name]
              ? ` -a '${(choices[option.name] ?? []).join(" ")}'`
              : "";
        lines.push(
          `complete -c ${name} -n '${here}' -l ${option.name}${option.short === undefined ? "" : ` -s ${option.short}`}${option.value === undefined ? "" : " -r"}${values} -d ${about(option.description)}`,
        );
      }
    }
  }
  return lines.join("\n");
};

const shells: Readonly<Record<string, () => string>> = { bash, zsh, fish };

export const run = async (context: Context): Promise<void> => {
  const shell = argument(context, 0);
  const script = Object.hasOwn(shells, shell) ? shells[shell] : undefined;
  if (!script) {
    throw new KeywrightError(
      "usage",
      `There is no completion for ${shown(shell)}.${didYouMean(shell, Object.keys(shells))}`,
      { hint: "There are: bash, zsh, fish." },
    );
  }
  if (context.json) return printJson(context, { shell, script: script() });
  print(context, script());
};
