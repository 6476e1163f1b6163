import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../apps/cli/src/terminal';
import { read, ROOT } from '../support/compose-file';
import { TestApp } from '../support/test-app';
import { runCli } from './cli/run-cli';

/**
 * The README's showcase is a promise: the folder it ingests, the question it asks and the file it names as the answer.
 */
const readme = read('README.md');
const folder = /^npm run ingest -- (\S+)$/m.exec(readme)?.[1] ?? '';
const question = /^npm run search -- "([^"]+)"$/m.exec(readme)?.[1] ?? '';
const answer = /<!-- showcase: the first passage comes from (\S+) -->/.exec(readme)?.[1] ?? '';

describe('what it says to type', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await TestApp.start({}, 'local');
  }, 60_000);
  afterAll(() => service?.stop(), 60_000);

  const run = (key: string, command: string) =>
    runCli(wordsOf(command), {
      environment: { VECTORLANE_URL: service.url, VECTORLANE_API_KEY: key },
      clock: systemClock,
      confirm: () => Promise.resolve(true),
    });
  const succeeding = async (key: string, command: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(key, command);
    expect({ command, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ command, exitCode: 0, stderr: '' });
    return stdout;
  };
  /** The words of each command of a program, in the order in which they stand there. */
  const commandsOf = (program: string): string[] => {
    const line = new RegExp(`\\*\\*: \`npm run ${program} -- ([^\\n]*(?:\\n  [^\\n]*)*)`).exec(readme)?.[1] ?? '';
    const commands = [...`\`${line}`.matchAll(/`([^`]+)`/g)].map(([, words = '']) => `${program} ${words.trim()}`);
    return commands;
  };

  it('makes a key that ingests the folder and asks a question, which finds its answer first', async () => {
    const [create = '', list = '', revoke = '', ...others] = commandsOf('keys');
    expect([list, revoke, ...others]).toEqual(['keys list', 'keys revoke <id>']);
    const key = (await succeeding(service.key, create)).trim();
    await succeeding(key, `ingest ${folder}`);
    const files = readdirSync(join(ROOT, folder), { encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
    expect(files).toContain(answer);
    const [first = ''] = (await succeeding(key, `search "${question}"`)).split('\n');
    expect(first).toContain(answer);
    const id = new RegExp(`^(\\S+) +importer`, 'm').exec(await succeeding(service.key, list))?.[1] ?? '';
    await succeeding(service.key, revoke.replace('<id>', id));
    expect(await run(key, `search "${question}"`)).toMatchObject({ exitCode: 1, stdout: '' });
  }, 400_000);

  it('lists, shows, deletes and retries documents', async () => {
    const { id } = await service.ingest('note.txt', 'A note about the lighthouse.');
    const [list = '', show = '', remove = '', retry = '', ...others] = commandsOf('documents');
    expect([list, show, remove, retry, ...others]).toEqual(
      ['list', 'show <id>', 'delete <id>', 'retry --failed'].map((words) => `documents ${words}`),
    );
    expect(await succeeding(service.key, list)).toContain('note.txt');
    expect(await succeeding(service.key, show.replace('<id>', id as string))).toContain('note.txt');
    await succeeding(service.key, remove.replace('<id>', id as string));
    expect(await succeeding(service.key, retry)).toContain('no failed document');
  }, 60_000);
});

/** As a shell parts them. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

it('has one screen of introduction: a picture, two commands, a question', () => {
  const screen = readme.split('\n').slice(0, 40).join('\n');
  expect(screen).toMatch(/!\[[^\]]+\]\(docs\/pipeline\.svg\)/);
  expect(screen).toContain('npm start');
  expect(screen).toContain('npm test');
  expect(screen).toContain(question);
  const width = Number(/<svg [^>]*\bwidth="(\d+)"/.exec(read('docs/pipeline.svg'))?.[1]);
  expect(width).toBeGreaterThan(0);
  expect(width).toBeLessThanOrEqual(840); // GitHub's column
});
