import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ProblemCode, PROBLEMS, problemType } from '@vectorlane/errors';
import type { RequestEnds } from './request-end';
import { API_HEADERS } from './security-headers';

/** How long a refused client may take to read the answer before its connection is cut. */
const LINGER_MS = 1_000;

/** The connection ended in the middle of a message. */
const CLIENT_LEFT = 'HPE_INVALID_EOF_STATE';

interface ParserError extends NodeJS.ErrnoException {
  /** What could not be parsed: there for a fault of the message, absent for one of the connection. Never logged. */
  readonly rawPacket?: Buffer;
}

/**
 * Answers what Node's parser refuses before there is a request: bytes that are no HTTP, methods nobody has heard of,
 * headers too large, a head that never ends. With a problem document, and the connection closed: what follows on it
 * cannot be told from the rest of the bad message.
 */
export function answerParserErrors(server: Server, ends: RequestEnds): void {
  const inFlight = new WeakMap<Socket, Set<ServerResponse>>();
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const responses = inFlight.get(socket) ?? new Set();
    inFlight.set(socket, responses.add(response));
    response.once('close', () => responses.delete(response));
  });
  const refused = new WeakSet<Socket>();
  server.on('clientError', (error: ParserError, socket: Socket) => {
    // The client has gone, or goes on sending what cannot be read.
    if (!socket.writable || refused.has(socket)) return;
    refused.add(socket);
    const responses = [...(inFlight.get(socket) ?? [])];
    const last = responses.at(-1);
    if (last === undefined) {
      refuseMessage(ends, error, socket);
    } else if (last.req.complete) {
      // It is the message behind it that is bad, and its answer comes in its turn.
      last.once('close', () => refuseMessage(ends, error, socket));
    } else if (responses.length === 1 && !last.headersSent && error.code !== CLIENT_LEFT) {
      const { status, detail } = refusalFor(error);
      refuse(socket, status, detail, String(last.getHeader('X-Request-ID')));
      ends.noteCut(last, status);
    } else {
      // Nobody is there any more; or an answer is on its way, and a second one would be read as a part of it.
      socket.destroy();
    }
  });
  // Nobody is a proxy here. Without this listener the connection would be cut without a word.
  server.on('connect', ({ method }: IncomingMessage, socket: Socket) => {
    const requestId = randomUUID();
    const bytesSent = refuse(socket, 405, 'There is no tunnel here.', requestId);
    ends.note({ requestId, method: method ?? 'CONNECT', route: 'unmatched', status: 405, durationMs: 0, bytesSent });
  });
}

/** A silent or broken connection is no request; it is answered, and nobody counts it. */
function refuseMessage(ends: RequestEnds, error: ParserError, socket: Socket): void {
  if (!socket.writable) return;
  const { status, detail } = refusalFor(error);
  const requestId = randomUUID();
  const bytesSent = refuse(socket, status, detail, requestId);
  if (error.rawPacket === undefined) return;
  ends.note({ requestId, method: 'other', route: 'unmatched', status, durationMs: 0, bytesSent });
}

function refusalFor({ code }: ParserError): { status: number; detail: string } {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, detail: 'The headers are too large.' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, detail: 'The request did not arrive in time.' };
    case 'HPE_INVALID_METHOD':
      return { status: 405, detail: 'The method is not one of HTTP.' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, detail: 'The chunk extensions are too large.' };
    default:
      return { status: 400, detail: 'The request is not valid HTTP.' };
  }
}

/** @returns the bytes of the answer */
function refuse(socket: Socket, status: number, detail: string, requestId: string): number {
  const code: ProblemCode = status === 405 ? 'METHOD_NOT_ALLOWED' : 'INVALID_REQUEST';
  const { title } = PROBLEMS[code];
  const body = JSON.stringify({ type: problemType(code), title, status, detail, code, requestId });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...API_HEADERS.map(([name, value]) => `${name}: ${value}`),
    ...(status === 405 ? ['Allow: GET, HEAD, POST, DELETE, OPTIONS'] : []),
    'Cache-Control: no-store',
    `X-Request-ID: ${requestId}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  const answer = `${head.join('\r\n')}\r\n\r\n${body}`;
  // Half-closed first: cutting at once would reset the connection under the answer.
  socket.end(answer);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  return Buffer.byteLength(answer);
}
