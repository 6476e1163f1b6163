import type { HttpAdapterHost } from '@nestjs/core';
import express, { type Express, type Request } from 'express';
import fc from 'fast-check';
import { RouteTable } from './route-table';

const PATHS = [
  '/live',
  '/docs',
  '/docs/',
  '/api/documents',
  '/api/documents/:id',
  '/api/documents/:id/chunks',
  '/a/:b/c/:d',
];

const withRoutes = (paths: readonly string[]): { app: Express; table: RouteTable } => {
  const app = express();
  app.enable('case sensitive routing');
  for (const path of paths) app.get(path, (_request, response) => void response.end());
  app.post('/api/documents', (_request, response) => void response.end());
  const table = new RouteTable({ httpAdapter: { getInstance: () => app } } as unknown as HttpAdapterHost);
  table.onApplicationBootstrap();
  return { app, table };
};

/** What Express finds, by asking it. */
const foundByExpress = (app: Express, path: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const request = { method: 'GET', url: path, headers: {} } as Request;
    const response = {
      end: () => resolve((request.route as { path: string }).path.replace(/(.)\/$/, '$1')),
      setHeader: () => undefined,
    };
    app(request, response as never, () => resolve(undefined));
  });

describe('RouteTable', () => {
  it.each([
    ['/live', '/live'],
    ['/live/', '/live'],
    ['/docs/', '/docs'],
    ['/api/documents', '/api/documents'],
    ['/api/documents/7', '/api/documents/:id'],
    ['/api/documents/%ff', '/api/documents/:id'],
    ['/api/documents/7/chunks', '/api/documents/:id/chunks'],
    ['/a/1/c/2', '/a/:b/c/:d'],
    ['/docs/swagger-ui.css', '/docs/*'],
    ['/console', '/console/*'],
    ['/console/documents/7', '/console/*'],
    ['/', undefined],
    ['//', undefined],
    ['/live//', undefined],
    ['/Live', undefined],
    ['/api/documents//chunks', undefined],
    [`/${'x/'.repeat(5_000)}`, undefined],
  ])('%.40s is of %s', (path, template) => expect(withRoutes(PATHS).table.find(path)?.template).toBe(template));

  it('knows the methods of a path, HEAD with GET', () => {
    const { table } = withRoutes(PATHS);
    expect([...(table.find('/api/documents')?.methods ?? [])].toSorted()).toEqual(['GET', 'HEAD', 'POST']);
  });

  it('finds what Express finds', async () => {
    const { app, table } = withRoutes(PATHS);
    const segment = fc.constantFrom(
      'api',
      'documents',
      'chunks',
      'live',
      'a',
      'c',
      '7',
      '',
      'Live',
      ':id',
      'x.y',
      '%20',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { maxLength: 6 }), async (segments) => {
        const path = `/${segments.join('/')}`;
        expect(table.find(path)?.template).toBe(await foundByExpress(app, path));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['/files/*path', '/a{/b}', '/a(b)'])(
    'refuses the boot with a route it does not know to match: %s',
    (path) => {
      const router = { listRoutes: () => [{ path, methods: ['GET'] }] };
      expect(() => new RouteTable({} as HttpAdapterHost).collect(router)).toThrow(/shape/);
    },
  );
});
