import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newDataFolder } from '../support/data-folder';
import { eventually } from '../support/eventually';
import { descendants } from '../support/private-servers';
import { AS_PID_1 } from '../support/shutdown-scene';
import { sized } from '../support/sizes';
import { StandInEmbeddings } from '../support/stand-in-embeddings';

/** The service as process number one, without an init, as in a container (test/support/jest/machine.cjs). */

const ROOT = join(__dirname, '../..');

// What is tried is the moment itself: anywhere in the first two seconds of a boot.
it.each(sized([0, 700], [0, 100, 250, 450, 700, 1_000, 1_400, 2_000]))(
  'a SIGTERM %s ms after its handlers stand ends it in order, with 0',
  async (afterMs) => {
    const dataDir = await newDataFolder('first-process');
    const embeddings = await StandInEmbeddings.start();
    const [command, ...args] = AS_PID_1;
    const child = spawn(command, [...args, process.execPath, join(ROOT, 'dist/apps/api/src/main.js')], {
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        LOG_FORMAT: 'json',
        DATA_DIR: dataDir,
        // Before that, some 50 ms, Node.js itself has a handler that a process number one does not end by.
        NODE_OPTIONS: `--require ${join(ROOT, 'test/support/children/say-handlers-stand.cjs')}`,
        ...embeddings.settings,
      },
    });
    try {
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data: Buffer) => (output += data.toString()));
      const exit = once(child, 'close');
      await eventually(() => output.includes('the handlers stand'), 20_000);
      await delay(afterMs);
      const [first] = descendants(child.pid ?? 0);
      expect(readFileSync(`/proc/${first}/status`, 'utf8')).toMatch(/^NSpid:.*\t1$/m);
      process.kill(first ?? 0, 'SIGTERM');
      expect([...(await exit), output]).toEqual([0, null, expect.stringContaining('shutdown complete')]);
    } finally {
      child.kill('SIGKILL');
      await embeddings.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
  60_000,
);
