// Sends HTTP requests over connections that are kept open, in a process of its own, so that what it costs is not
// counted. An order comes as a message, and is answered with how many of its requests went wrong.
import { connect } from 'node:net';

/** @typedef {{ port: number, message: string, count: number, connections: number,
 *   clients: number }} Order */

process.on('message', (/** @type {Order} */ order) => {
  send(order).then(
    (wrong) => process.send?.({ wrong }),
    (/** @type {unknown} */ error) => process.send?.({ wrong: order.count, error: String(error) }),
  );
});

/**
 * Each connection sends its next request when the last one is answered.
 * @param {Order} order
 * @returns {Promise<number>} how many were not answered 200
 */
async function send({ port, message, count, connections, clients }) {
  let left = count;
  let wrong = 0;
  // As behind a proxy: each of the clients in turn.
  const requests = Array.from({ length: clients }, (_, at) =>
    Buffer.from(message.replace('\r\n', `\r\nX-Forwarded-For: 10.1.${at >> 8}.${at & 255}\r\n`)),
  );
  const one = () =>
    new Promise((/** @type {(nothing: void) => void} */ resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      let buffered = '';
      const next = () => {
        if (left === 0) {
          socket.end();
          resolve();
          return;
        }
        left -= 1;
        socket.write(requests[left % clients]);
      };
      socket.setNoDelay(true);
      socket.setEncoding('latin1');
      socket.once('connect', next);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('A connection was closed.')));
      socket.on('data', (part) => {
        buffered += String(part);
        const end = buffered.indexOf('\r\n\r\n');
        if (end === -1) return;
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(buffered.slice(0, end + 2))?.[1]);
        if (Number.isNaN(length)) {
          reject(new Error(`An answer without a length: ${buffered.slice(0, end)}`));
          return;
        }
        if (buffered.length < end + 4 + length) return;
        if (!buffered.startsWith('HTTP/1.1 200 ')) wrong += 1;
        buffered = '';
        next();
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  return wrong;
}
