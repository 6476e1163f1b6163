import type { RequestHandler } from 'express';

const METHODS = 'GET, HEAD, POST, DELETE';
const REQUEST_HEADERS = 'Authorization, Content-Type, Last-Event-ID, X-API-Key, X-Request-ID';
const RESPONSE_HEADERS = 'Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID';
/** Chromium's own maximum; the answer changes with the settings alone. */
const PREFLIGHT_SECONDS = '7200';

/**
 * CORS for the pages of a list. Another page's request goes on without a header of ours: a holder of a key may use it,
 * and the browser keeps the answer from a page that is not listed. No cookies are used, so no credentials are allowed.
 * A preflight ends here either way; it is no request for anything yet.
 */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  const listed = new Set(origins);
  return (request, response, next) => {
    if (listed.size > 0) response.vary('Origin');
    const { origin } = request.headers;
    if (origin === undefined) {
      next();
      return;
    }
    const allowed = listed.has(origin);
    if (allowed) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Expose-Headers', RESPONSE_HEADERS);
    }
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
      next();
      return;
    }
    if (allowed) {
      response.removeHeader('Access-Control-Expose-Headers');
      response.setHeader('Access-Control-Allow-Methods', METHODS);
      response.setHeader('Access-Control-Allow-Headers', REQUEST_HEADERS);
      response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    }
    response.status(204).end();
  };
}
