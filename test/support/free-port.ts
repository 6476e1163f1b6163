import { once } from 'node:events';
import { createServer } from 'node:net';

/** For programs that have to be told a port; whatever can be asked for its own picks 0. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
