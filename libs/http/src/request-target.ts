import type { IncomingMessage } from 'node:http';

const ABSOLUTE_FORM = /^https?:\/\/[^/?#]+([^#]*)$/i;
/** What a target without a path is replaced by: no route has it, and every middleware can read it. */
const NOWHERE = '/%';

const refusals = new WeakMap<IncomingMessage, string>();

/**
 * Brings the target into the form that everything behind understands: `http://host/path` becomes `/path` (RFC 9112,
 * 3.2.2). What has no path, or lacks the `Host` that HTTP/1.1 demands, is noted for the pipeline to refuse.
 */
export function readTarget(request: IncomingMessage): void {
  const target = request.url ?? '';
  const framing = framingRefusal(request);
  if (framing !== undefined) {
    refuse(request, framing);
  } else if (!target.startsWith('/')) {
    const path = URL.canParse(target) ? ABSOLUTE_FORM.exec(target)?.[1] : undefined;
    if (path !== undefined) request.url = path.startsWith('/') ? path : `/${path}`;
    else if (target === '*' && request.method === 'OPTIONS') request.url = NOWHERE;
    else refuse(request, 'The request target is not a path.');
  }
}

/**
 * What two readers of one message could read differently, so that a proxy before us and we would not agree on where it
 * goes or where it ends (RFC 9112, 3.2 and 6.1). Node lets all of it through.
 */
function framingRefusal({ headers, rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  const hosts = countOf('host', rawHeaders);
  if (hosts === 0 && httpVersion === '1.1') return 'The Host header is missing.';
  if (hosts > 1) return 'There is more than one Host header.';
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    return 'The only transfer coding taken is "chunked".';
  }
  if (/(^|,)\s*chunked\s*(;|,|$)/i.test(String(headers.te ?? ''))) return 'The TE header must not list "chunked".';
  return undefined;
}

/** How often a header was sent. Node's own account of it would be made of all of them, with every request. */
function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at];
    if (sent?.length === name.length && sent.toLowerCase() === name) count += 1;
  }
  return count;
}

/** Why this request has to be refused whatever its route; nothing for nearly all of them. */
export function targetRefusal(request: IncomingMessage): string | undefined {
  return refusals.get(request);
}

/** `OPTIONS *` asks about the server as a whole. */
export function concernsServer(request: IncomingMessage): boolean {
  return request.url === NOWHERE && request.method === 'OPTIONS' && !refusals.has(request);
}

function refuse(request: IncomingMessage, reason: string): void {
  request.url = NOWHERE;
  refusals.set(request, reason);
}
