import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { INSTALLED_AT } from '@vectorlane/config';
import { Problem } from '@vectorlane/errors';
import type { Request, RequestHandler } from 'express';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};
/** Compressed at build time; the best first. */
const ENCODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;

interface ConsoleFile {
  readonly type: string;
  readonly tag: string;
  readonly bytes: Buffer;
  readonly encoded: readonly { readonly name: string; readonly bytes: Buffer }[];
}

/** Where `npm run build` puts the console: in `dist`, whether this is run from there or from sources. */
export const CONSOLE_FOLDER = join(INSTALLED_AT, 'dist', 'console');

/**
 * The console from memory. Files have a digest in their name and are kept by browsers for ever; any other path is a
 * view of the page, which decides itself what it shows.
 * @throws Error when it has not been built
 */
export function consoleFiles(folder = CONSOLE_FOLDER): RequestHandler {
  const files = readFiles(folder);
  const page = files.get('index.html');
  if (page === undefined) throw new Error(`${join(folder, 'index.html')} is missing; run npm run build.`);
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      next();
      return;
    }
    if (request.path === '/' && !request.originalUrl.startsWith('/console/')) {
      response.redirect(308, '/console/');
      return;
    }
    if (request.path === '/session') {
      next();
      return;
    }
    const isAsset = request.path.startsWith('/assets/');
    const file = files.get(request.path.slice(1)) ?? (isAsset ? undefined : page);
    if (file === undefined)
      throw new Problem('NOT_FOUND', 'This file belongs to another version. Load the page again.');
    const encoded = file.encoded.find(({ name }) => accepts(request, name));
    response.setHeader('Cache-Control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache');
    response.setHeader('ETag', encoded === undefined ? `"${file.tag}"` : `"${file.tag}-${encoded.name}"`);
    response.vary('Accept-Encoding');
    if (request.fresh) {
      response.status(304).end();
      return;
    }
    response.setHeader('Content-Type', file.type);
    if (encoded !== undefined) response.setHeader('Content-Encoding', encoded.name);
    const body = encoded?.bytes ?? file.bytes;
    response.setHeader('Content-Length', body.length);
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

function accepts(request: Request, encoding: string): boolean {
  return request.acceptsEncodings(encoding, 'identity') === encoding;
}

function readFiles(folder: string): ReadonlyMap<string, ConsoleFile> {
  if (!existsSync(folder)) throw new Error(`${folder} is missing; run npm run build.`);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = new Map<string, ConsoleFile>();
  for (const name of names) {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (type === undefined) continue;
    const bytes = readFileSync(join(folder, name));
    files.set(name.replaceAll(sep, '/'), {
      type,
      bytes,
      tag: createHash('sha256').update(bytes).digest('base64url').slice(0, 16),
      encoded: ENCODINGS.filter(({ suffix }) => names.includes(name + suffix)).map((encoding) => ({
        name: encoding.name,
        bytes: readFileSync(join(folder, name + encoding.suffix)),
      })),
    });
  }
  return files;
}
