import { connect } from 'node:net';
import type { Client } from 'pg';

/** Of PostgreSQL's protocol: in place of a version, at the start of a connection. */
const CANCEL_REQUEST = 80_877_102;

/**
 * Cancels the statement under way on `client` as PostgreSQL's protocol has it: by a connection of its own, to the same
 * address, with the number that the session was given. A pooler gives numbers of its own and passes it on, while
 * `pg_cancel_backend` would look for that number among the processes of the server. Settles when the other side hangs
 * up, which it does when it has passed the word on, or after `timeoutMs`.
 */
export function cancelOnWire(client: Client, timeoutMs: number): Promise<void> {
  // Typed here: pg's types leave out what PostgreSQL told of the session when it began.
  const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: number | null };
  if (processID === null || secretKey === null) return Promise.resolve();
  const message = Buffer.alloc(16);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(CANCEL_REQUEST, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  const { host, port } = client;
  const address = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  return new Promise((resolve) => {
    const socket = connect(address, () => socket.write(message));
    socket
      .setTimeout(timeoutMs, () => socket.destroy())
      .on('data', () => undefined)
      .on('error', () => undefined)
      .once('close', () => resolve());
  });
}
