import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const SERVERS = resolve(__dirname, '../../scripts/test-servers/servers.mjs');
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

export type ServerName = 'postgres' | 'redis-server';

/**
 * A PostgreSQL and a Redis of one test's own, as real processes, so that it may freeze them: what the suite shares must
 * answer the tests that run beside it.
 */
export class PrivateServers {
  private constructor(
    private readonly keeper: ChildProcessWithoutNullStreams,
    private readonly words: AsyncIterator<string>,
    readonly databaseUrl: string,
    readonly redisUrl: string,
  ) {}

  static async start(): Promise<PrivateServers> {
    const keeper = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `const { startServers } = await import(${JSON.stringify(SERVERS)});
       const servers = await startServers();
       const say = (word) => process.stdout.write(JSON.stringify(word) + '\\n');
       const { createInterface } = await import('node:readline');
       createInterface({ input: process.stdin })
         .on('line', (line) => {
           const { what, args } = JSON.parse(line);
           servers[what](...args).then(() => say('done'), (error) => say(String(error)));
         })
         .once('close', () => servers.stop().then(() => process.exit(0)));
       say(servers.env);`,
    ]);
    let errors = '';
    keeper.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    const words = createInterface({ input: keeper.stdout })[Symbol.asyncIterator]();
    const line = await word(words, START_TIMEOUT_MS, () => errors);
    const env = JSON.parse(line) as { TEST_DATABASE_URL: string; TEST_REDIS_URL: string };
    return new PrivateServers(keeper, words, env.TEST_DATABASE_URL, env.TEST_REDIS_URL);
  }

  /** Stops every process of that server where it is: connections stay open, and nothing answers. */
  freeze(server: ServerName): void {
    for (const pid of this.pids(server)) process.kill(pid, 'SIGSTOP');
  }

  thaw(server: ServerName): void {
    for (const pid of this.pids(server)) process.kill(pid, 'SIGCONT');
  }

  /** Ends the server: in order with its own signal, or as the kernel does it. */
  async halt(server: ServerName, how: 'in order' | 'SIGKILL'): Promise<void> {
    const inOrder = server === 'postgres' ? 'SIGINT' : 'SIGTERM';
    if (how === 'in order') return this.tell('halt', server, inOrder);
    // All of its processes at one blow: PostgreSQL's own end when they find their parent gone, some time later.
    for (const pid of this.pids(server)) process.kill(pid, 'SIGKILL');
    await this.tell('halt', server, 'SIGKILL');
  }

  /** Starts it again, with its data and on its port, and waits until it answers. */
  resume(server: ServerName): Promise<void> {
    return this.tell('resume', server);
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

  private async tell(what: 'halt' | 'resume', ...args: string[]): Promise<void> {
    this.keeper.stdin.write(`${JSON.stringify({ what, args })}\n`);
    const answer: unknown = JSON.parse(await word(this.words, START_TIMEOUT_MS, () => `${what} ${args.join(' ')}`));
    if (answer !== 'done') throw new Error(String(answer));
  }

  private pids(server: string): number[] {
    return descendants(this.keeper.pid ?? 0).filter((pid) => nameOf(pid) === server);
  }
}

/** The next line of the keeper. @throws Error with `why` when it does not come in time, or the keeper has ended */
async function word(words: AsyncIterator<string>, timeoutMs: number, why: () => string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The servers' keeper says nothing: ${why()}`)), timeoutMs);
  });
  try {
    const next = await Promise.race([words.next(), late]);
    if (next.done === true) throw new Error(`The servers' keeper has ended: ${why()}`);
    return next.value;
  } finally {
    clearTimeout(timer);
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
