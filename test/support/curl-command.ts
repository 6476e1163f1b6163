import { execFile } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './compose-file';

const run = promisify(execFile);

export interface CurlOptions {
  /** What the shell knows by name. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Where it stands. */
  readonly folder?: string;
  /** A stream is read until this has come. */
  readonly until?: RegExp;
}

/** Arguments of a command as a shell takes them, its own name left out. */
export async function wordsOf(command: string, { variables = {}, folder = ROOT }: CurlOptions = {}): Promise<string[]> {
  const [program = ''] = command.split(' ');
  const script = `${program}() { printf '%s\\0' "$@"; }; ${command}`;
  const { PATH } = process.env;
  const { stdout } = await run('sh', ['-eu', '-c', script], { cwd: folder, env: { PATH, ...variables } });
  return stdout.split('\0').slice(0, -1);
}

/** What a command of curl is answered; curl itself is not on every machine. */
export async function curled(command: string, options: CurlOptions = {}): Promise<Record<string, unknown>> {
  const text = await curledText(command, options);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

/** @throws Error where the answer is a refusal */
export async function curledText(command: string, options: CurlOptions = {}): Promise<string> {
  const { folder = ROOT, until } = options;
  const headers = new Headers();
  let body: string | FormData | undefined;
  let method: string | undefined;
  let url = '';
  const words = (await wordsOf(command, options)).values();
  for (const word of words) {
    if (word === '-sS' || word === '-sSN') continue;
    if (!word.startsWith('-')) {
      url = word;
      continue;
    }
    const value = words.next().value ?? '';
    if (word === '-H') headers.set(...(value.split(': ') as [string, string]));
    else if (word === '-X') method = value;
    else if (word === '-d') body = value;
    else if (word === '-F') {
      const form = body instanceof FormData ? body : new FormData();
      body = form;
      const [field = '', name = ''] = value.split('=');
      if (name.startsWith('@')) form.set(field, await openAsBlob(join(folder, name.slice(1))), basename(name.slice(1)));
      else form.set(field, name);
    } else throw new Error(`It has the option ${word}.`);
  }
  method ??= body === undefined ? 'GET' : 'POST';
  const signal = AbortSignal.timeout(30_000);
  const answer = await fetch(url, { headers, method, signal, ...(body !== undefined && { body }) });
  if (!answer.ok) throw new Error(`${method} ${url} was answered ${answer.status}: ${await answer.text()}`);
  if (until === undefined) return answer.text();
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true });
    if (until.test(text)) return text;
  }
  throw new Error(`The stream ended before ${String(until)}: ${text}`);
}
