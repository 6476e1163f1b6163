import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Express } from 'express';

const ACCOUNT = Symbol('account');

/** Bytes on a response's socket when it got it, and how many of them were its own when it gave it back. */
interface Account {
  readonly socket: Socket;
  before: number;
  sent?: number;
}

/** A response of ours: its account is a field of it, since a map of responses costs more than all that is in it. */
interface Accounted {
  [ACCOUNT]?: Account | undefined;
}

/**
 * The classes that the server makes requests and responses of, with Express' own as their prototypes. Express sets
 * these on each of them, for which V8 takes longer than for all the rest of a request; where they are set already
 * it changes nothing.
 */
export function edgeMessages(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  class EdgeRequest extends IncomingMessage {}
  class EdgeResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    [ACCOUNT]: Account | undefined;

    /** A pipelined request's response waits for its turn on the socket. */
    override assignSocket(socket: Socket): void {
      this[ACCOUNT] = { socket, before: socket.bytesWritten };
      super.assignSocket(socket);
    }

    /** Not a part of the answer yet. */
    override writeContinue(callback?: () => void): void {
      super.writeContinue(callback);
      const entry = this[ACCOUNT];
      if (entry !== undefined) entry.before = entry.socket.bytesWritten;
    }

    override detachSocket(socket: Socket): void {
      const entry = this[ACCOUNT];
      if (entry !== undefined) entry.sent = socket.bytesWritten - entry.before;
      super.detachSocket(socket);
    }
  }
  Object.setPrototypeOf(EdgeRequest.prototype, app.request);
  Object.setPrototypeOf(EdgeResponse.prototype, app.response);
  app.request = EdgeRequest.prototype as unknown as Express['request'];
  app.response = EdgeResponse.prototype as unknown as Express['response'];
  return { IncomingMessage: EdgeRequest, ServerResponse: EdgeResponse };
}

/** Bytes of this response that went to the socket, head and body. */
export function bytesSent(response: ServerResponse): number {
  const entry = (response as Accounted)[ACCOUNT];
  return entry === undefined ? 0 : (entry.sent ?? entry.socket.bytesWritten - entry.before);
}
