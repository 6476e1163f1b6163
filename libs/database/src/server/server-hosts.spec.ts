import { createServer, type AddressInfo, type Server } from 'node:net';
import { parseDatabaseUrl, ServerHosts } from './server-hosts';

describe('parseDatabaseUrl', () => {
  it.each([
    ['postgres://user:secret@box/data', ['postgres://user:secret@box/data'], 'box:5432/data'],
    [
      'postgresql://u:p,q@one:5433,two:5434/data?sslmode=require&target_session_attrs=read-write',
      ['postgresql://u:p,q@one:5433/data?sslmode=require', 'postgresql://u:p,q@two:5434/data?sslmode=require'],
      'one:5433,two:5434/data',
    ],
    ['postgres://u:p@one,two/data', ['postgres://u:p@one/data', 'postgres://u:p@two/data'], 'one:5432,two:5432/data'],
    [
      'postgres://u@[::1]:5433,[::2]/d',
      ['postgres://u@[::1]:5433/d', 'postgres://u@[::2]/d'],
      '[::1]:5433,[::2]:5432/d',
    ],
  ])('%s', (text, urls, label) => {
    expect(parseDatabaseUrl(text)).toEqual({ urls, label });
  });

  it.each([
    'postgres://u:hunter2@one,,two/data',
    'postgres://u:hunter2@one:99999,two/data',
    'postgres://u:hunter2@one,two/data?target_session_attrs=standby',
  ])('refuses %s without repeating it', (text) => {
    let message = '';
    try {
      parseDatabaseUrl(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('DATABASE_URL');
    expect(message).not.toContain('hunter2');
  });
});

/** As a server on which somebody else has changed the password: it refuses every one. */
function refuses(code: string): Promise<Server> {
  const fields = Buffer.from(`SFATAL\0C${code}\0Mrefused\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  const server = createServer((socket) => socket.on('error', () => undefined).end(Buffer.concat([head, fields])));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

it.each([
  ['28P01', '28P01', '28P01'],
  ['28P01', '57P03', '08001'],
])('finds no primary among servers that say %s and %s, and says %s', async (one, other, code) => {
  const servers = await Promise.all([refuses(one), refuses(other)]);
  const urls = servers.map((server) => `postgres://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/data`);
  try {
    const hosts = new ServerHosts(urls, {});
    await expect(hosts.primary()).rejects.toMatchObject({ name: 'NoPrimaryError', code });
    await expect(hosts.primary()).rejects.toThrow(/127\.0\.0\.1:\d+: refused; 127\.0\.0\.1:\d+: refused/);
  } finally {
    for (const server of servers) server.close();
  }
});
