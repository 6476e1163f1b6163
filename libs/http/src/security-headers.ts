import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import helmet, { type HelmetOptions } from 'helmet';

type Header = readonly [name: string, value: string];

/** An API serves nothing that a browser should run, load or frame. */
const API_POLICY = {
  useDefaults: false,
  directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
};

/** What Swagger UI needs and no more: its own scripts and styles, inline styles, data images. */
const DOCS_POLICY = {
  useDefaults: false,
  directives: {
    baseUri: ["'none'"],
    formAction: ["'self'"],
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    fontSrc: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

export const API_HEADERS = headersOf({ contentSecurityPolicy: API_POLICY });
const DOCS_HEADERS = headersOf({ contentSecurityPolicy: DOCS_POLICY });

/** Helmet's headers on every answer, whatever becomes of the request; what a key opened is kept by no cache. */
export function securityHeaders(): RequestHandler {
  return (request, response, next) => {
    for (const [name, value] of isDocumentation(request.path) ? DOCS_HEADERS : API_HEADERS) {
      response.setHeader(name, value);
    }
    if (isProduct(request.path)) response.setHeader('Cache-Control', 'no-store');
    next();
  };
}

const PRODUCT = ['/api', '/mcp', '/openai'];

function isProduct(path: string): boolean {
  return PRODUCT.some((root) => path === root || path.startsWith(`${root}/`));
}

function isDocumentation(path: string): boolean {
  return path === '/docs' || path.startsWith('/docs/');
}

/** None of them depends on the request, so helmet is asked once and not for each. */
function headersOf(options: HelmetOptions): readonly Header[] {
  const headers: Header[] = [];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  } as unknown as ServerResponse;
  helmet(options)({} as IncomingMessage, recorder, (error?: unknown) => {
    if (error instanceof Error) throw error;
  });
  return headers;
}
