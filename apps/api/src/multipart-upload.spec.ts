import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import type { SpooledFile } from '@vectorlane/ingestion';
import type { Request } from 'express';
import { receiveMultipart } from './multipart-upload';

const BODY = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nA lighthouse.\r\n--x--\r\n';
const HEADERS =
  'POST / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n' +
  `Content-Type: multipart/form-data; boundary=x\r\nContent-Length: ${BODY.length}\r\n\r\n`;

const spooled = (head: Buffer): SpooledFile => ({
  path: '',
  sizeBytes: head.length,
  sha256: Buffer.alloc(32),
  head,
  discard: () => Promise.resolve(),
});

it('receives the file as part of its request, also where the body comes after the headers', async () => {
  const requests = new AsyncLocalStorage<string>();
  const server = createServer((request, response) => {
    const receive = async (bytes: AsyncIterable<Buffer>): Promise<SpooledFile> => {
      response.setHeader('X-Request', requests.getStore() ?? 'none');
      return spooled(await buffer(bytes));
    };
    const receiving = requests.run('this one', () =>
      receiveMultipart(Object.assign(request, { get: () => undefined }) as unknown as Request, receive, 1_000, {}),
    );
    receiving.then(
      ({ file }) => response.end(file.head),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const begun = once(server, 'request');
    socket.write(HEADERS);
    await begun;
    socket.write(BODY);
    const answer = await text(socket);
    expect(answer).toContain('X-Request: this one');
    expect(answer).toContain('A lighthouse.');
  } finally {
    server.close();
  }
});
