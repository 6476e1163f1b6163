import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { readTarget, targetRefusal } from './request-target';

it('counts hosts as Node does, however the header is written', async () => {
  const seen: [hosts: number, refusal: string | undefined][] = [];
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    readTarget(request);
    seen.push([request.headersDistinct.host?.length ?? 0, targetRefusal(request)]);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const hosts of ['Host: a', 'HOST: a', 'host: a\r\nHost: b', 'Accept: a', 'X-Host: a\r\nHosts: b\r\nhOsT: c']) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.end(`GET / HTTP/1.1\r\n${hosts}\r\nConnection: close\r\n\r\n`);
    await once(socket.resume(), 'close');
  }
  server.close();
  const MISSING = 'The Host header is missing.';
  const SEVERAL = 'There is more than one Host header.';
  expect(seen).toEqual([
    [1, undefined],
    [1, undefined],
    [2, SEVERAL],
    [0, MISSING],
    [1, undefined],
  ]);
});
