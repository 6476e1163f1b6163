import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from './eventually';
import { repeatedKeys } from './json-keys';

const ROOT = join(__dirname, '../..');
const START_TIMEOUT_MS = 180_000;

/** The built service as a process of its own, as an operator runs it: for signals, kills and exit codes. */
export class ServiceProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    private readonly chunks: string[],
  ) {}

  /** Everything it has printed so far, both streams. */
  get output(): string {
    return this.chunks.join('');
  }

  /**
   * @param entry script to run instead of the built program, relative to the repository
   * @param wrapper command that runs it, with its arguments (`unshare …`)
   */
  static async start(
    environment: Record<string, string>,
    entry = 'dist/apps/api/src/main.js',
    wrapper: readonly string[] = [],
  ): Promise<ServiceProcess> {
    const { child, chunks } = launch(environment, [entry], wrapper);
    const url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => {
        child.kill('SIGKILL');
        reject(new Error(`The service ${why}:\n${chunks.join('')}`));
      };
      const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS);
      const onData = (): void => {
        const found = /"url":"(http:[^"]+)"/.exec(chunks.join(''))?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        child.off('exit', onExit);
        resolve(found);
      };
      const onExit = (): void => {
        clearTimeout(timer);
        fail('ended at its start');
      };
      child.stdout?.on('data', onData);
      child.once('exit', onExit);
    });
    return new ServiceProcess(child, url, chunks);
  }

  /** All it has printed once a person has been told where it is and what to try, which comes after the log's word. */
  async greeted(): Promise<string> {
    await eventually(() => /Vectorlane is up[^]*file=@README\.md \S+\n/.test(this.output));
    return this.output;
  }

  /** Runs one that is expected to end by itself. */
  static async run(
    environment: Record<string, string>,
    command: readonly string[] = ['dist/apps/api/src/main.js'],
  ): Promise<{ code: number | null; output: string; durationMs: number }> {
    const startedAt = performance.now();
    const { child, chunks } = launch(environment, command);
    const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    const [code] = (await once(child, 'exit')) as [number | null];
    clearTimeout(timer);
    expectNoKeyTwice(chunks.join(''));
    return { code, output: chunks.join(''), durationMs: performance.now() - startedAt };
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) {
      return { code: this.child.exitCode, signal: this.child.signalCode };
    }
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 120_000);
    this.child.kill(signal);
    const [code, by] = (await once(this.child, 'exit')) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    expectNoKeyTwice(this.output);
    return { code, signal: by };
  }
}

/** No line of any suite's log may hold a key twice: a parser keeps one of the two and says nothing. */
function expectNoKeyTwice(output: string): void {
  for (const line of output.split('\n')) {
    const repeated = line.startsWith('{') && line.endsWith('}') ? repeatedKeys(line) : [];
    if (repeated.length > 0) throw new Error(`A line of the log has ${repeated.join(', ')} twice: ${line}`);
  }
}

function launch(
  environment: Record<string, string>,
  [entry = '', ...args]: readonly string[],
  wrapper: readonly string[] = [],
): { child: ChildProcess; chunks: string[] } {
  const [command = '', ...words] = [...wrapper, process.execPath, join(ROOT, entry), ...args];
  const child = spawn(command, words, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of the test runner's own: the service must stand on its settings alone.
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PORT: '0',
      LOG_FORMAT: 'json',
      RATE_LIMIT_PER_MINUTE: '1000000', // every test comes from one address
      ...environment,
    },
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => chunks.push(data.toString()));
  return { child, chunks };
}
