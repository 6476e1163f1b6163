import { execFile } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './compose-file';

const run = promisify(execFile);

/** What a command of curl is answered, its words as a shell takes them; curl itself is not on every machine. */
export async function curled(command: string): Promise<Record<string, unknown>> {
  const { stdout } = await run('sh', ['-c', `curl() { printf '%s\\0' "$@"; }; ${command}`]);
  const headers = new Headers();
  let body: string | FormData | undefined;
  let url = '';
  const words = stdout.split('\0').slice(0, -1).values();
  for (const word of words) {
    if (word === '-sS') continue;
    if (!word.startsWith('-')) url = word;
    else {
      const value = words.next().value ?? '';
      if (word === '-H') headers.set(...(value.split(': ') as [string, string]));
      else if (word === '-d') body = value;
      else if (word === '-F') {
        const [field = '', name = ''] = value.split('=@');
        body = new FormData();
        body.set(field, await openAsBlob(join(ROOT, name)), name);
      } else throw new Error(`It has the option ${word}.`);
    }
  }
  const answer = await fetch(url, { headers, ...(body !== undefined && { method: 'POST', body }) });
  return (await answer.json()) as Record<string, unknown>;
}
