import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { StreamableFile } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express, type Response } from 'express';
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

  /**
   * What a handler returns, as Express would send it and in the same bytes, but for the ETag: none of these answers is
   * kept by anybody, and its digest takes longer than all else here.
   */
  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    const text = isPlainAnswer(response, body, statusCode) ? (JSON.stringify(body) as string | undefined) : undefined;
    if (text === undefined) return super.reply(response, body, statusCode);
    if (statusCode !== undefined) response.statusCode = statusCode;
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Content-Length', Buffer.byteLength(text));
    return response.end(text, 'utf8');
  }
}

/** Of these statuses an answer has no body, or one that Express changes. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Nearly all of them: an object as JSON, with nothing said of it yet. */
function isPlainAnswer(response: Response, body: unknown, statusCode = response.statusCode): body is object {
  return (
    typeof body === 'object' &&
    body !== null &&
    !ArrayBuffer.isView(body) &&
    !(body instanceof Error) &&
    !(body instanceof StreamableFile) &&
    !WITHOUT_BODY.has(statusCode) &&
    response.req.method !== 'HEAD' &&
    !response.hasHeader('Content-Type') &&
    !response.hasHeader('ETag') &&
    !response.hasHeader('Last-Modified') &&
    !response.hasHeader('Transfer-Encoding')
  );
}
