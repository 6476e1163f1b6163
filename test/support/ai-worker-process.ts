import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './compose-file';
import { eventually } from './test-redis';

const TOKEN = 'a-token-between-the-backend-and-the-ai-worker';

/** The real AI worker as a process of its own; `npm run test:chaos` makes its Python environment. */
export class AiWorkerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(python: string): Promise<AiWorkerProcess> {
    const child = spawn(python, ['-B', '-m', 'vectorlane_ai_worker', '--end-with-parent'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        PYTHONPATH: join(ROOT, 'apps/ai-worker/src'),
        AI_WORKER_TOKEN: TOKEN,
        AI_WORKER_PORT: '0',
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`The AI worker did not start:\n${output}`);
      return output.includes('"ready"');
    }, 120_000);
    return new AiWorkerProcess(child, /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '');
  }

  async post(path: string, body: string | Uint8Array<ArrayBuffer>, type: string): Promise<number> {
    const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': type };
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(60_000),
    });
    await response.arrayBuffer();
    return response.status;
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await exit;
  }
}
