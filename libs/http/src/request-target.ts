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
  if (request.headers.host === undefined && request.httpVersion === '1.1') {
    refuse(request, 'The Host header is missing.');
  } else if (!target.startsWith('/')) {
    const path = URL.canParse(target) ? ABSOLUTE_FORM.exec(target)?.[1] : undefined;
    if (path !== undefined) request.url = path.startsWith('/') ? path : `/${path}`;
    else if (target === '*' && request.method === 'OPTIONS') request.url = NOWHERE;
    else refuse(request, 'The request target is not a path.');
  }
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
