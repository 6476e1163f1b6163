import type { Server } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { ShutdownSequence } from '@vectorlane/shutdown';

/** Longest a client may take to send its headers, and a whole request; a 50 MB upload on a slow line fits. */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 600_000;

/**
 * Bounds the server's patience and registers its close: no new connection, idle ones ended, requests in flight
 * finished within the bound, whatever is left cut.
 */
export function closeHttpServer(app: NestExpressApplication, shutdown: ShutdownSequence, timeoutMs: number): void {
  const server: Server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  let draining = false;
  server.prependListener('request', (_request, response) => {
    // A kept-alive connection would be reset under the client's next request.
    if (draining) response.setHeader('Connection', 'close');
  });
  shutdown.add('drain', 'http connections', () => {
    draining = true;
    return Promise.resolve();
  });
  shutdown.add('http', 'http server', () => close(server, timeoutMs), timeoutMs + 1_000);
}

async function close(server: Server, timeoutMs: number): Promise<void> {
  if (!server.listening) return;
  const deadline = setTimeout(() => server.closeAllConnections(), timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      server.close((error) => (error === undefined ? resolve() : reject(error)));
      server.closeIdleConnections();
    });
  } finally {
    clearTimeout(deadline);
  }
}
