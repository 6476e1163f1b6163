import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Untyped } from './test-app';

const ROOT = join(__dirname, '../..');
const START_TIMEOUT_MS = 120_000;
const TOKEN = 'a-real-worker-token-0123456789abcdef';

/** The Python AI worker as an operator runs it; `npm run test:ai-worker` names the Python that has its packages. */
export class AiWorkerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly chunks: readonly string[],
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<AiWorkerProcess> {
    const python = process.env['TEST_AI_WORKER_PYTHON'];
    if (python === undefined)
      throw new Error('TEST_AI_WORKER_PYTHON is not set: run this by `npm run test:ai-worker`.');
    const child = spawn(python, ['-B', '-m', 'vectorlane_ai_worker', '--end-with-parent'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PYTHONPATH: join(ROOT, 'apps/ai-worker/src'),
        AI_WORKER_TOKEN: TOKEN,
        AI_WORKER_PORT: '0',
        ...settings,
      },
    });
    const chunks: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => chunks.push(String(data)));
    const url = await new Promise<string>((resolve, reject) => {
      const fail = (): void => {
        child.kill('SIGKILL');
        reject(new Error(`The AI worker did not start:\n${chunks.join('')}`));
      };
      const timer = setTimeout(fail, START_TIMEOUT_MS);
      child.once('exit', fail);
      child.stdout.on('data', () => {
        const output = chunks.join('');
        const found = /"url": ?"(http:[^"]+)"/.exec(output)?.[1];
        if (found === undefined || !output.includes('"msg": "ready"')) return;
        clearTimeout(timer);
        child.off('exit', fail);
        resolve(found);
      });
    });
    return new AiWorkerProcess(child, url, chunks);
  }

  get settings(): Record<string, string> {
    return { AI_WORKER_URL: this.url, AI_WORKER_TOKEN: TOKEN };
  }

  /** Lines of its log about requests. */
  get requests(): readonly Untyped[] {
    return this.chunks
      .join('')
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line): Untyped => JSON.parse(line))
      .filter(({ msg }) => msg === 'request');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 60_000);
      this.child.kill(signal);
      await once(this.child, 'exit');
      clearTimeout(timer);
    }
    return this.child.exitCode;
  }
}
