import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newDataFolder } from '../support/data-folder';
import { ServiceProcess } from '../support/service-process';

const ROOT = join(__dirname, '../..');

it.each(['api', 'worker'])('the handlers of %s stand before anything else is loaded', (app) => {
  const program = readFileSync(join(ROOT, `apps/${app}/src/main.ts`), 'utf8');
  expect(program).toBe(`import { launch } from '@vectorlane/launch';\n\nlaunch('${app}');\n`);
  // It imports nothing but Node, so that nothing is loaded before it.
  const imported = readFileSync(join(ROOT, 'libs/launch/src/index.ts'), 'utf8').matchAll(/ from '([^']+)'/g);
  for (const [, name] of imported) expect(name).toMatch(/^node:/);
});

it('a SIGTERM that arrives while the program is being loaded ends it in order, with 0', async () => {
  const dataDir = await newDataFolder('early-signal');
  try {
    const hook = join(ROOT, 'test/support/children/signal-while-loading.cjs');
    const { code, output } = await ServiceProcess.run({ DATA_DIR: dataDir, NODE_OPTIONS: `--require ${hook}` });
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('shutdown complete') });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}, 60_000);
