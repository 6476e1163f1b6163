import { execFile } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/compose-file';
import { newDataFolder } from '../support/data-folder';
import { ServiceProcess } from '../support/service-process';

/** The commands that a start prints, pasted at once into a shell, as a person does. */

let folder: string;
let service: ServiceProcess | undefined;

beforeEach(async () => {
  const made = await newDataFolder('greeting');
  folder = `${made} of it's own`; // what a shell would take apart
  await rename(made, folder);
}, 120_000);
afterEach(async () => {
  await service?.stop('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function paste(output: string): Promise<string[]> {
  const commands = [...output.matchAll(/^ {4}(\S.*)$/gm)].map(([, command]) => command ?? '');
  expect(commands).toHaveLength(4);
  const { PATH, HOME } = process.env;
  const run = promisify(execFile)('sh', ['-e', '-c', commands.join('\n')], {
    cwd: ROOT,
    env: { PATH, HOME },
    timeout: 120_000,
  });
  return (await run).stdout.split('\n');
}

function expectAnswers(lines: readonly string[]): void {
  const text = lines.join('\n');
  expect(text).toMatch(/^1 document, \d+ chunks ·/m);
  expect(text).toMatch(/^1\. README\.md {2}score/m);
  // Each answer of curl is a line of its own, with nothing between and behind.
  const [search, upload, ...rest] = lines.slice(-3);
  expect(JSON.parse(search ?? '')).toMatchObject({
    results: [{ metadata: { filename: 'README.md' } }, {}, {}, {}, {}],
  });
  expect(JSON.parse(upload ?? '')).toMatchObject({ filename: 'README.md', duplicate: true });
  expect(rest).toEqual(['']);
}

it('works as printed, in a data folder of any name', async () => {
  service = await ServiceProcess.start({ DATA_DIR: folder });
  expectAnswers(await paste(await service.greeted()));
}, 180_000);

it('works where the folder holds the key of another database, as after a restore', async () => {
  service = await ServiceProcess.start({ DATA_DIR: folder });
  await service.stop();
  await writeFile(join(folder, 'api-key'), `vl_${'a1B2'.repeat(3)}_${'x'.repeat(43)}\n`);
  service = await ServiceProcess.start({ DATA_DIR: folder });
  expectAnswers(await paste(await service.greeted()));
}, 180_000);
