/** How a person is asked. The wizard knows this port alone; tests answer it from a list. */
export type Choice = { readonly value: string; readonly label: string; readonly hint?: string };
export type Question = {
  readonly message: string;
  /** What stands there already. */
  readonly initial?: string | undefined;
  /** An example, shown while nothing is typed. */
  readonly placeholder?: string | undefined;
  /** What is wrong with an answer, or undefined. */
  readonly check?: (answer: string) => string | undefined;
};
export type Prompts = {
  select(question: Omit<Question, "check" | "placeholder"> & { readonly choices: readonly Choice[] }): Promise<string>;
  selectMany(question: {
    readonly message: string;
    readonly choices: readonly Choice[];
    readonly initial: readonly string[];
  }): Promise<readonly string[]>;
  text(question: Question): Promise<string>;
  /** Never shown while typed. */
  secret(question: Question): Promise<string>;
  say(text: string): void;
};
