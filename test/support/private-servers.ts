import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const SERVERS = resolve(__dirname, '../../scripts/test-servers/servers.mjs');
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

/**
 * A PostgreSQL and a Redis of one test's own, as real processes, so that it may freeze them: what the suite shares must
 * answer the tests that run beside it.
 */
export class PrivateServers {
  private constructor(
    private readonly keeper: ChildProcessWithoutNullStreams,
    readonly databaseUrl: string,
    readonly redisUrl: string,
  ) {}

  static async start(): Promise<PrivateServers> {
    const keeper = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `const { startServers } = await import(${JSON.stringify(SERVERS)});
       const servers = await startServers();
       process.stdout.write(JSON.stringify(servers.env) + '\\n');
       process.stdin.resume().once('end', () => servers.stop().then(() => process.exit(0)));`,
    ]);
    let errors = '';
    keeper.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    const line = await new Promise<string>((answer, reject) => {
      const timer = setTimeout(() => reject(new Error(`No servers in time: ${errors}`)), START_TIMEOUT_MS);
      createInterface({ input: keeper.stdout }).once('line', (text) => {
        clearTimeout(timer);
        answer(text);
      });
      keeper.once('exit', () => reject(new Error(`No servers: ${errors}`)));
    });
    const env = JSON.parse(line) as { TEST_DATABASE_URL: string; TEST_REDIS_URL: string };
    return new PrivateServers(keeper, env.TEST_DATABASE_URL, env.TEST_REDIS_URL);
  }

  /** Stops every process of that server where it is: connections stay open, and nothing answers. */
  freeze(server: 'postgres' | 'redis-server'): void {
    for (const pid of this.pids(server)) process.kill(pid, 'SIGSTOP');
  }

  thaw(server: 'postgres' | 'redis-server'): void {
    for (const pid of this.pids(server)) process.kill(pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    this.thaw('postgres');
    this.thaw('redis-server');
    const timer = setTimeout(() => this.keeper.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const ended = once(this.keeper, 'exit');
    this.keeper.stdin.end();
    await ended;
    clearTimeout(timer);
  }

  private pids(server: string): number[] {
    return descendants(this.keeper.pid ?? 0).filter((pid) => nameOf(pid) === server);
  }
}

/** Processes that this one started, and those that they did. */
export function descendants(pid: number): number[] {
  let children: number[];
  try {
    children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return []; // it ended meanwhile
  }
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
