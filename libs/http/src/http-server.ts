import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Config } from '@vectorlane/config';
import { HttpDrain, type ShutdownSequence } from '@vectorlane/shutdown';

/** Longest a client may take to send its headers, and a whole request; a 50 MB upload on a slow line fits. */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 600_000;
/**
 * Longer than balancers keep a connection they do not use (60 s is usual): the side that would use it next must end it
 * first, or now and then a request meets a connection that is just being closed. Node's own 5 s did that to HAProxy.
 */
const KEEP_ALIVE_MS = 75_000;

/** For ending the connections themselves, beyond the requests' own time. */
const CUT_TIMEOUT_MS = 1_000;

/**
 * Whether the address can be listened on, asked before anything is opened. Another program may take it in between; then
 * listening itself fails.
 * @throws the error of `listen`
 */
export async function requireFreePort(port: number, host: string): Promise<void> {
  const probe = createServer();
  probe.listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}

/** Bounds the server's patience and registers its end: first it goes on serving for the drain delay, then it closes. */
export function closeHttpServer(app: NestExpressApplication, shutdown: ShutdownSequence, config: Config): void {
  const server: Server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const drain = new HttpDrain(server);
  const { drainDelayMs, SHUTDOWN_HTTP_TIMEOUT_MS: timeoutMs } = config;
  shutdown.add('drain', 'http drain delay', () => drain.serveOn(drainDelayMs), drainDelayMs + CUT_TIMEOUT_MS);
  shutdown.add('http', 'http server', () => drain.close(timeoutMs), timeoutMs + CUT_TIMEOUT_MS);
}
