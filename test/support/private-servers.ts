import { readdirSync, readFileSync } from 'node:fs';
import { ServerKeeper } from './server-keeper';

export type ServerName = 'postgres' | 'redis-server';

/**
 * A PostgreSQL and a Redis of one test's own, as real processes, so that it may freeze them: what the suite shares must
 * answer the tests that run beside it.
 */
export class PrivateServers {
  private constructor(private readonly keeper: ServerKeeper) {}

  static async start(): Promise<PrivateServers> {
    return new PrivateServers(await ServerKeeper.start('servers.mjs', 'startServers'));
  }

  get databaseUrl(): string {
    return this.keeper.databaseUrl;
  }

  get redisUrl(): string {
    return this.keeper.redisUrl;
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
    if (how === 'in order') return this.keeper.tell('halt', server, inOrder);
    // All of its processes at one blow: PostgreSQL's own end when they find their parent gone, some time later.
    for (const pid of this.pids(server)) process.kill(pid, 'SIGKILL');
    await this.keeper.tell('halt', server, 'SIGKILL');
  }

  /** Starts it again, with its data and on its port, and waits until it answers. */
  resume(server: ServerName): Promise<void> {
    return this.keeper.tell('resume', server);
  }

  stop(): Promise<void> {
    this.thaw('postgres');
    this.thaw('redis-server');
    return this.keeper.stop();
  }

  private pids(server: string): number[] {
    return descendants(this.keeper.pid).filter((pid) => nameOf(pid) === server);
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
