import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { isJSONRPCRequest, type JSONRPCMessage, type JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Request, Response } from 'express';
import { INSTRUCTIONS, SERVER } from './mcp-servers';

/*
 * Revision 2026-07-28 of the protocol, for which the SDK's 1.x line has no server: no handshake, every request tells
 * its revision in `_meta` and its method in a header, every result tells that it is complete. What answers is the same
 * server as for earlier revisions; this is the envelope around it.
 */
const REVISION = '2026-07-28';
const META = 'io.modelcontextprotocol/';
/** What a request is about stands in a header too, so that a proxy can tell without reading the body. */
const NAMED_BY: Readonly<Record<string, string>> = { 'tools/call': 'name', 'resources/read': 'uri' };
const CACHEABLE: ReadonlySet<string> = new Set([
  ...['server/discover', 'tools/list', 'resources/list', 'resources/templates/list', 'resources/read'],
]);
const BASE64 = /^=\?base64\?(.*)\?=$/;

interface Refusal {
  readonly status: 400 | 404;
  readonly code: -32601 | -32602 | -32020 | -32022;
  readonly message: string;
  readonly data?: object;
}

/** A later revision than those with a handshake, by what the request says of itself; dates sort as texts do. */
export function isStateless({ body, headers }: Request): boolean {
  const header = headers['mcp-protocol-version'];
  return metaOf(body)['protocolVersion'] !== undefined || (typeof header === 'string' && header >= REVISION);
}

/** Answers one request by a server of its own, which ends when the client has left. */
export async function exchangeStateless(server: McpServer, request: Request, response: Response): Promise<void> {
  const message: unknown = request.body;
  if (!isJSONRPCRequest(message)) {
    // A notification can be about nothing, since nothing is kept between two requests.
    response.status(202).end();
    return;
  }
  const refusal = refusalOf(message, request);
  if (refusal !== undefined) {
    const { status, ...error } = refusal;
    response.status(status).json({ jsonrpc: '2.0', id: message.id, error });
    return;
  }
  if (message.method === 'server/discover') {
    const known = { supportedVersions: [REVISION], capabilities: { tools: {}, resources: {} } };
    const result = completed({ ...known, instructions: INSTRUCTIONS }, message.method);
    response.json({ jsonrpc: '2.0', id: message.id, result });
    return;
  }
  const transport = new Envelope(message, response);
  await server.connect(transport);
  transport.receive(message);
}

/** The other end of a server that answers one request; what it tells on the way makes the answer an event stream. */
class Envelope implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;

  constructor(
    private readonly request: JSONRPCRequest,
    private readonly response: Response,
  ) {}

  start(): Promise<void> {
    return Promise.resolve();
  }

  receive(message: JSONRPCMessage): void {
    this.onmessage?.(message);
  }

  send(message: JSONRPCMessage): Promise<void> {
    const isAnswer = !('method' in message);
    const sent = 'result' in message ? { ...message, result: completed(message.result, this.request.method) } : message;
    if (isAnswer && !this.response.headersSent) this.response.json(sent);
    else {
      if (!this.response.headersSent)
        this.response.status(200).set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      this.response.write(`event: message\ndata: ${JSON.stringify(sent)}\n\n`);
      if (isAnswer) this.response.end();
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.onclose?.();
    return Promise.resolve();
  }
}

function refusalOf({ method, params }: JSONRPCRequest, { headers, body }: Request): Refusal | undefined {
  const { protocolVersion: revision, clientCapabilities: capabilities } = metaOf(body);
  const header = headers['mcp-protocol-version'];
  const requested = typeof revision === 'string' ? revision : header;
  if (requested !== REVISION) {
    const data = { supported: [REVISION], requested };
    return { status: 400, code: -32022, message: `Unsupported protocol version: ${String(requested)}`, data };
  }
  if (typeof revision !== 'string' || typeof capabilities !== 'object' || capabilities === null) {
    const message = `_meta needs ${META}protocolVersion and ${META}clientCapabilities`;
    return { status: 400, code: -32602, message };
  }
  const name = params?.[NAMED_BY[method] ?? ''];
  for (const [key, said, meant] of [
    ['MCP-Protocol-Version', header, revision],
    ['Mcp-Method', headers['mcp-method'], method],
    ['Mcp-Name', headers['mcp-name'], typeof name === 'string' ? name : undefined],
  ] as const) {
    if (meant === undefined || decoded(said) === meant) continue;
    return {
      status: 400,
      code: -32020,
      message: `The header ${key} has to be ${JSON.stringify(meant)}, as the body says`,
    };
  }
  // Those that only a handshake leads to, and what earlier revisions had besides.
  if (method === 'tools/call' || CACHEABLE.has(method)) return undefined;
  return { status: 404, code: -32601, message: `There is no method ${method}` };
}

/** Nothing is for others than its caller, and nothing is promised to stay as it is. */
function completed(result: object, method: string): object {
  return {
    ...result,
    resultType: 'complete',
    ...(CACHEABLE.has(method) && { ttlMs: 0, cacheScope: 'private' }),
    _meta: { ...objectOf(objectOf(result)['_meta']), [`${META}serverInfo`]: SERVER },
  };
}

/** Its fields of the protocol, by their names without prefix. */
function metaOf(body: unknown): Partial<Record<string, unknown>> {
  const entries = Object.entries(objectOf(objectOf(objectOf(body)['params'])['_meta']));
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (key.startsWith(META) ? [[key.slice(META.length), value]] : [])),
  );
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** A name of other letters than those of headers is sent in Base64. */
function decoded(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  const [, base64] = BASE64.exec(header.trim()) ?? [];
  return base64 === undefined ? header.trim() : Buffer.from(base64, 'base64').toString('utf8');
}
