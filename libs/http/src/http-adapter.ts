import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express } from 'express';
import { edgeMessages } from './edge-messages';
import { readTarget } from './request-target';

/** A query may hold all that its schema allows, each character of it as twelve when it is escaped. */
const MAX_HEADER_BYTES = 128 * 1024;

/** Requests whose client sent `Expect: 100-continue` and keeps its body until it is asked for it. */
const awaitingContinue = new WeakSet<IncomingMessage>();

/** Asks for the body of a client that waits to be asked; one that does not wait sends it anyway. */
export function inviteBody(request: IncomingMessage, response: ServerResponse): void {
  if (awaitingContinue.delete(request)) response.writeContinue();
}

/**
 * Express under Nest, on a server of our own making: a request whose target has no path would never get to Express'
 * first middleware, and one without `Host` not even to Express. Both are let through with a harmless target and a note,
 * for the pipeline to refuse, count and log.
 */
export class HttpAdapter extends ExpressAdapter {
  constructor() {
    const app = express();
    // One way to write a route: `/API/…` is not `/api/…`. The base class is the first to use the router.
    app.enable('case sensitive routing');
    app.disable('x-powered-by');
    super(app);
  }

  override initHttpServer(): void {
    const app = this.getInstance<Express>();
    const options = { ...edgeMessages(app), requireHostHeader: false, maxHeaderSize: MAX_HEADER_BYTES };
    const server = createServer(options, (request, response) => {
      readTarget(request);
      app(request, response);
    });
    // A client that asks first is told to send its body when its request has been let in, not before.
    server.on('checkContinue', (request, response) => {
      awaitingContinue.add(request);
      server.emit('request', request, response);
    });
    // Node's answer to other expectations would be an empty 417; ignoring them is as good (RFC 9110, 10.1.1).
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    this.setHttpServer(server);
  }
}
