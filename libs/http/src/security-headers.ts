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

/**
 * The console: its own files, and what it has fetched itself and shows in a frame or as an image. Nothing inline runs,
 * so that a text which got into the page by a mistake stays a text.
 */
const CONSOLE_POLICY = {
  useDefaults: false,
  directives: {
    baseUri: ["'none'"],
    formAction: ["'none'"],
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'blob:', 'data:'],
    connectSrc: ["'self'"],
    fontSrc: ["'self'"],
    frameSrc: ['blob:'],
    frameAncestors: ["'none'"],
  },
};

export const API_HEADERS = headersOf({ contentSecurityPolicy: API_POLICY });
const DOCS_HEADERS = headersOf({ contentSecurityPolicy: DOCS_POLICY });
const CONSOLE_HEADERS = headersOf({ contentSecurityPolicy: CONSOLE_POLICY });

/** Helmet's headers on every answer, whatever becomes of the request; what a key opened is kept by no cache. */
export function securityHeaders(): RequestHandler {
  return (request, response, next) => {
    for (const [name, value] of headersFor(request.path)) {
      response.setHeader(name, value);
    }
    if (isProduct(request.path)) response.setHeader('Cache-Control', 'no-store');
    next();
  };
}

const PRODUCT = ['/api', '/mcp', '/openai', '/console/session'];

function isProduct(path: string): boolean {
  return PRODUCT.some((root) => isWithin(path, root));
}

function headersFor(path: string): readonly Header[] {
  if (isWithin(path, '/docs')) return DOCS_HEADERS;
  return isWithin(path, '/console') ? CONSOLE_HEADERS : API_HEADERS;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
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
