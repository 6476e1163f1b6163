import { Logger } from '@nestjs/common';
import { loadConfig } from '@vectorlane/config';
import { EmbeddedValkey, RedisConnections } from '@vectorlane/redis';
import { claimRedisDatabase } from './test-servers';

/** Connections to an empty Redis of the suite's own: a Valkey inside, or a logical database of TEST_REDIS_URL. */
export interface TestRedis {
  readonly connections: RedisConnections;
  close(): Promise<void>;
}

export async function openTestRedis(settings: Record<string, string> = {}): Promise<TestRedis> {
  const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;
  const ours = redisUrl ? await claimRedisDatabase(redisUrl) : undefined;
  // The two addresses go together in a configuration; nothing here connects to the first.
  const servers = ours && databaseUrl ? { DATABASE_URL: databaseUrl, REDIS_URL: ours.url } : {};
  const config = loadConfig({ ...servers, ...settings });
  const valkey = config.REDIS_URL === undefined ? await EmbeddedValkey.start() : undefined;
  const connections = new RedisConnections(config, valkey);
  await connections.connect();
  return {
    connections,
    close: async () => {
      await connections.close();
      await valkey?.close();
      await ours?.release();
    },
  };
}

/** What was logged, one string per line, for the messages that tests are about. Undone by `stop`. */
export function recordLog(): { lines: string[]; stop(): void } {
  const lines: string[] = [];
  const write = (...parts: unknown[]): number =>
    lines.push(
      parts
        .map((part) => JSON.stringify(part, (_, value) => (value instanceof Error ? value.message : value)))
        .join(' '),
    );
  Logger.overrideLogger({
    log: write,
    error: write,
    warn: write,
    debug: () => undefined,
    verbose: () => undefined,
    fatal: write,
  });
  return { lines, stop: () => Logger.overrideLogger(false) };
}
