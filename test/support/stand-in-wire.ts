import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';

/** The stand-in's wire: what it reads off requests, and its good and its bad manners in answering. */
export type Misbehaviour =
  | { readonly kind: 'problem'; readonly status: number; readonly code: string; readonly retryAfter?: string }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Cuts the connection at once, or in the middle of the answer. */
  | { readonly kind: 'drop' | 'drop-midway' };

export function misbehave(misbehaviour: Misbehaviour, request: IncomingMessage, response: ServerResponse): void {
  request.on('error', () => undefined); // the client may give up first
  request.resume();
  switch (misbehaviour.kind) {
    case 'hang':
      return;
    case 'drop':
      request.socket.destroy();
      return;
    case 'drop-midway':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id":"', () => request.socket.destroy());
      return;
    case 'answer':
      response.writeHead(misbehaviour.status, misbehaviour.headers).end(misbehaviour.body);
      return;
    case 'problem':
      problem(response, misbehaviour.status, misbehaviour.code, misbehaviour.retryAfter);
  }
}

export function problem(response: ServerResponse, status: number, code: string, retryAfter?: string): void {
  const body = {
    type: 'about:blank',
    title: code,
    status,
    detail: `Stand-in says ${code}.`,
    code,
    requestId: 'request-1',
  };
  const headers = {
    'content-type': 'application/problem+json',
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  };
  send(response, status, body, headers);
}

export function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

interface Received {
  filename: string;
  digest: string;
  sizeBytes: number;
  metadata: unknown;
}

export async function receiveUpload(request: IncomingMessage): Promise<Received> {
  return new Promise((resolve, reject) => {
    const received: Received = { filename: '', digest: '', sizeBytes: 0, metadata: undefined };
    const parser = new Busboy({ headers: request.headers as BusboyHeaders });
    parser.on('field', (name, value) => {
      if (name === 'metadata') received.metadata = parseJson(value);
    });
    parser.on('file', (_name, stream, filename) => {
      const hash = createHash('sha256');
      stream.on('data', (part: Buffer) => {
        hash.update(part);
        received.sizeBytes += part.length;
      });
      stream.on('end', () => Object.assign(received, { filename, digest: hash.digest('hex') }));
    });
    parser.on('finish', () => resolve(received));
    parser.on('error', reject);
    request.on('error', reject).pipe(parser);
  });
}

export async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

export function parseJson(text: string): unknown {
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
