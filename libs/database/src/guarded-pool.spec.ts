import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { GuardedPool } from './guarded-pool';

const AUTHENTICATED = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
const READY_FOR_QUERY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** Lets every client in and never says another word, as a server that is frozen. */
let server: Server;
const sockets = new Set<Socket>();
let pool: GuardedPool;

beforeAll(async () => {
  server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', () => socket.write(Buffer.concat([AUTHENTICATED, READY_FOR_QUERY])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  pool = new GuardedPool({
    host: '127.0.0.1',
    port,
    user: 'vectorlane',
    database: 'vectorlane',
    statement_timeout: 100,
  });
  pool.on('error', () => undefined);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await pool.end();
  await new Promise((resolve) => server.close(resolve));
});

it('gives a silent server up, by the name that a request is answered 503 for: the caller may come again', async () => {
  const client = await pool.connect();
  client.on('error', () => undefined);
  await expect(client.query('SELECT 1')).rejects.toMatchObject({
    name: 'DatabaseSilentError',
    message: 'No answer from the database within 5100 ms.',
  });
  client.release(true);
}, 20_000);
