import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { RedisClient } from './redis-client';

/** @returns a port of this machine on which nobody listens */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Its refused connections are no failure of the wait. */
function said(client: RedisClient, word: string): Promise<void> {
  return new Promise((resolve) => client.once(word, () => resolve()));
}

describe('RedisClient', () => {
  it('ends when it is told to hang up while it waits for its next try, and rejects what it kept', async () => {
    const options = { port: await closedPort(), maxRetriesPerRequest: null, retryStrategy: () => 3_600_000 };
    const client = new RedisClient(options);
    const kept = client.ping();
    await said(client, 'reconnecting');
    const end = said(client, 'end');
    client.disconnect();
    await expect(kept).rejects.toThrow('Connection is closed');
    await end;
    expect(client.status).toBe('end');
  }, 10_000);

  it('ends at once while Redis is away, whatever it kept', async () => {
    const options = { port: await closedPort(), maxRetriesPerRequest: null, retryStrategy: () => 5 };
    const client = new RedisClient(options);
    const kept = expect(client.ping()).rejects.toThrow('Connection is closed');
    await said(client, 'reconnecting');
    const end = said(client, 'end');
    expect(await client.quit()).toBe('OK');
    await end;
    await kept;
  }, 10_000);

  it('goes on trying when it is only told to try again', async () => {
    const client = new RedisClient({ port: await closedPort(), retryStrategy: () => 5 });
    await said(client, 'reconnecting');
    client.disconnect(true);
    await said(client, 'reconnecting');
    expect(client.status).not.toBe('end');
    client.disconnect();
    if (client.status !== 'end') await said(client, 'end');
  }, 10_000);
});
