import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { REAL_TIMING, within } from '@vectorlane/time';

/** How often connections that have become idle are looked for while the server closes. */
const IDLE_CHECK_MS = 50;

/**
 * The end of an HTTP server that cuts nobody off. Node's own `close` takes a response for finished when it has been
 * handed over, not when it has been sent, and ends the connection of a client that reads slowly; and it waits for
 * connections on which nothing has ever been asked. So this one keeps its own account: a connection is idle when none
 * of its responses is under way and nothing has come in since the last one.
 */
export class HttpDrain {
  private readonly connections = new Set<Socket>();
  private readonly responses = new Set<ServerResponse>();
  /** Bytes that had come in on a connection when its last response was done. */
  private readonly readAtRest = new WeakMap<Socket, number>();
  private draining = false;

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.connections.add(socket);
      this.readAtRest.set(socket, 0);
      socket.once('close', () => this.connections.delete(socket));
    });
    server.prependListener('request', ({ socket }, response) => {
      // A kept-alive connection would be reset under the client's next request.
      if (this.draining) response.setHeader('Connection', 'close');
      this.responses.add(response);
      response.once('close', () => {
        this.responses.delete(response);
        this.readAtRest.set(socket, socket.bytesRead);
      });
    });
  }

  /**
   * Goes on serving for the drain delay, in which load balancers see that readiness has turned, and asks each client to
   * come back on another connection.
   */
  async serveOn(delayMs: number): Promise<void> {
    this.refuseReuse();
    await REAL_TIMING.wait(delayMs);
  }

  /**
   * No new connection; idle ones end, requests in flight finish.
   * @throws Error when some were still in flight after `timeoutMs`; they have been cut off
   */
  async close(timeoutMs: number): Promise<void> {
    if (!this.server.listening) return;
    this.refuseReuse();
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.server, () => resolve()));
    const idleCheck = setInterval(() => this.endIdle(), IDLE_CHECK_MS);
    try {
      await within(closed, { timeoutMs });
    } catch {
      this.endIdle();
      const cut = this.connections.size;
      if (cut === 0) return;
      for (const socket of this.connections) socket.destroy();
      throw new Error(`${cut} requests were still in flight after ${timeoutMs} ms and were cut off`);
    } finally {
      clearInterval(idleCheck);
    }
  }

  private refuseReuse(): void {
    this.draining = true;
    for (const response of this.responses) if (!response.headersSent) response.setHeader('Connection', 'close');
  }

  /** From a timer: what lay in the sockets at the time of closing has been read by then, and counts as a request. */
  private endIdle(): void {
    const busy = new Set([...this.responses].map((response) => response.req.socket));
    for (const socket of this.connections) {
      if (!busy.has(socket) && socket.bytesRead === this.readAtRest.get(socket)) socket.destroy();
    }
  }
}
