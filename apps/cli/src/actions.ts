import type { ParsedCommandLine } from './command-line';
import type { Io } from './terminal';

/** What a command can be told to do by its first word. */
export interface Action {
  /** @param words the others */
  readonly run: (line: ParsedCommandLine, io: Io, words: readonly string[]) => Promise<number>;
  /** Options that go with it alone. */
  readonly options: readonly string[];
}

/** @throws UsageError for no such word, or an option of another one */
export async function runAction(
  line: ParsedCommandLine,
  io: Io,
  actions: Readonly<Record<string, Action>>,
): Promise<number> {
  const [name, ...words] = line.positionals;
  const names = Object.keys(actions).join(', ');
  if (name === undefined) throw line.error(`say what to do: ${names}`);
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) throw line.error(`there is no "${name}"; say one of ${names}`);
  const owned = new Set(Object.values(actions).flatMap(({ options }) => options));
  const foreign = [...owned].find((option) => line.has(option) && !action.options.includes(option));
  if (foreign !== undefined) throw line.error(`--${foreign} does not go with ${name}`);
  return action.run(line, io, words);
}
