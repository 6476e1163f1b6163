import { parseArgs } from 'node:util';
import { wrap } from './text-layout';

/** Options are declared once, with their help; parsing, checking and `--help` all read that declaration. */
export interface OptionDefinition {
  readonly description: string;
  /** Name of the value in the help; an option without one is a switch. */
  readonly value?: string;
  readonly short?: string;
}

export interface CommandDefinition {
  readonly name: string;
  readonly summary: string;
  /** Lines of usage after the program's name. */
  readonly usage: readonly string[];
  readonly options: Readonly<Record<string, OptionDefinition>>;
  readonly notes?: readonly string[];
}

/** The command line makes no sense; the message names the option. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  constructor(
    message: string,
    readonly command?: string,
  ) {
    super(message);
  }
}

/** Options of every command that talks to the server. */
export const CONNECTION_OPTIONS = {
  url: { value: 'URL', description: 'server address (VECTORLANE_URL; else HOST and PORT: http://127.0.0.1:3000)' },
  key: {
    value: 'KEY',
    description:
      'API key (VECTORLANE_API_KEY; else the file api-key in DATA_DIR); other users can see an argument, so prefer these',
  },
  timeout: { value: 'SECONDS', description: 'longest wait for one answer (30; uploads get more by their size)' },
  help: { short: 'h', description: 'show this help' },
} as const satisfies Record<string, OptionDefinition>;

export class ParsedCommandLine {
  constructor(
    readonly command: string,
    private readonly values: Readonly<Record<string, string | boolean | undefined>>,
    readonly positionals: readonly string[],
  ) {}

  /** Whether it was given at all. */
  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  /** @throws UsageError when the value is empty. */
  text(name: string): string | undefined {
    const value = this.values[name];
    if (typeof value !== 'string') return undefined;
    if (value.trim() === '') throw this.error(`--${name} needs a value`);
    return value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw this.error(`--${name} is missing`);
    return value;
  }

  integer(name: string, range: { min: number; max: number; default: number }): number {
    const value = this.text(name);
    if (value === undefined) return range.default;
    const number = /^\d{1,9}$/.test(value.trim()) ? Number(value) : Number.NaN;
    if (number >= range.min && number <= range.max) return number;
    throw this.error(`--${name} must be a whole number from ${range.min} to ${range.max}, not "${value}"`);
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.error(`--${name} must be one of ${choices.join(', ')}, not "${value}"`);
    return found;
  }

  /** A JSON object, as the API takes metadata and filters. */
  jsonObject(name: string): Record<string, unknown> | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.error(`--${name} is not valid JSON; an example: --${name} '{"metadata":{"team":"legal"}}'`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.error(`--${name} must be a JSON object; an example: --${name} '{"metadata":{"team":"legal"}}'`);
    }
    return value as Record<string, unknown>;
  }

  error(message: string): UsageError {
    return new UsageError(message, this.command);
  }
}

/** @throws UsageError for an unknown option, a value missing or a value too many. */
export function parseCommandLine(definition: CommandDefinition, argv: readonly string[]): ParsedCommandLine {
  const options = Object.fromEntries(
    Object.entries(definition.options).map(([name, { value, short }]) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    return new ParsedCommandLine(definition.name, values, positionals);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS') !== true) throw error;
    // The first sentence names the option; the rest is advice about Node's own parser.
    throw new UsageError(message.split(/\. |\n/)[0] ?? message, definition.name);
  }
}

/** The help page of one command. */
export function renderHelp(definition: CommandDefinition, columns: number): string {
  const labels = Object.entries(definition.options).map(([name, { value, short, description }]) => ({
    label: `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    description,
  }));
  const labelWidth = Math.max(...labels.map(({ label }) => label.length));
  const textWidth = Math.max(24, Math.min(columns, 110) - labelWidth - 4);
  const options = labels.flatMap(({ label, description }) =>
    wrap(description, textWidth).map((line, index) => `  ${(index === 0 ? label : '').padEnd(labelWidth)}  ${line}`),
  );
  const notes = (definition.notes ?? []).flatMap((note) => ['', ...wrap(note, Math.max(24, Math.min(columns, 110)))]);
  const usage = definition.usage.map((line) => `  npm run ${line}`);
  return [definition.summary, '', 'Usage:', ...usage, '', 'Options:', ...options, ...notes, ''].join('\n');
}
