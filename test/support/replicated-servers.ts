import { Redis } from 'ioredis';
import { ServerKeeper } from './server-keeper';
import { eventually } from './eventually';

/** A PostgreSQL with a standby and a Redis with a replica under Sentinel, of which one may be lost. */
export class ReplicatedServers {
  private constructor(private readonly keeper: ServerKeeper) {}

  static async start(): Promise<ReplicatedServers> {
    return new ReplicatedServers(await ServerKeeper.start('replicated.mjs', 'startReplicatedServers'));
  }

  /** Both hosts. */
  get databaseUrl(): string {
    return this.keeper.databaseUrl;
  }

  /** The Sentinels. */
  get redisUrl(): string {
    return this.keeper.redisUrl;
  }

  /** The primary ends as in a crash, and its standby is promoted. */
  promoteStandby(): Promise<void> {
    return this.keeper.tell('loseDatabase');
  }

  /** The lost one comes back as a standby of the other. */
  rejoinDatabase(): Promise<void> {
    return this.keeper.tell('rejoinDatabase');
  }

  /** The master is killed; what becomes of its replica is for the Sentinels to decide. */
  async killRedisMaster(): Promise<{ rejoin(): Promise<void> }> {
    // Sentinels find one another and the replica through the master: what is not found when it goes stays unknown.
    await eventually(async () => (await this.askSentinels(knowsAll)).every(Boolean), 30_000);
    const [port = 0] = await this.askSentinels(masterOf);
    await this.keeper.tell('loseRedis', port);
    return { rejoin: () => this.keeper.tell('rejoinRedis', port) };
  }

  stop(): Promise<void> {
    return this.keeper.stop();
  }

  private askSentinels<T>(question: (sentinel: Redis) => Promise<T>): Promise<T[]> {
    const [, user = '', list = ''] = /^(.*@)([^/]*)/.exec(this.redisUrl.replace(/^redis\+sentinel:/, 'redis:')) ?? [];
    const addresses = list.split(',').map((host) => `${user}${host}`);
    return Promise.all(
      addresses.map(async (address) => {
        const sentinel = new Redis(address, { maxRetriesPerRequest: 0, lazyConnect: true });
        sentinel.on('error', () => undefined);
        try {
          await sentinel.connect();
          return await question(sentinel);
        } finally {
          sentinel.disconnect();
        }
      }),
    );
  }
}

async function masterOf(sentinel: Redis): Promise<number> {
  const [, port] = (await sentinel.call('SENTINEL', 'get-master-addr-by-name', 'main')) as [string, string];
  return Number(port);
}

/** Both of the others, and a replica that could take over now. */
async function knowsAll(sentinel: Redis): Promise<boolean> {
  const others = (await sentinel.call('SENTINEL', 'sentinels', 'main')) as string[][];
  const replicas = (await sentinel.call('SENTINEL', 'replicas', 'main')) as string[][];
  const ready = replicas.filter(
    (pairs) => field(pairs, 'flags') === 'slave' && field(pairs, 'master-link-status') === 'ok',
  );
  return others.length === 2 && ready.length === 1;
}

/** Of names and values in turn, as Redis answers. */
function field(pairs: readonly string[], name: string): string | undefined {
  return pairs[pairs.findIndex((word, at) => at % 2 === 0 && word === name) + 1];
}
