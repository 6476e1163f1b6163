import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { Problem } from '@vectorlane/errors';
import express, { type ErrorRequestHandler, type Express } from 'express';
import request from 'supertest';
import { consoleFiles } from './console-files';

const PAGE = '<!doctype html><title>console</title>';
const SCRIPT = 'console.log(1);'.repeat(20);
let folder: string;
let app: Express;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectorlane-console-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), PAGE);
  await writeFile(join(folder, 'assets', 'main-1a2b.js'), SCRIPT);
  await writeFile(join(folder, 'assets', 'main-1a2b.js.br'), brotliCompressSync(SCRIPT));
  await writeFile(join(folder, 'notes.md'), 'not of the console');
  app = express().use('/console', consoleFiles(folder));
  const refused: ErrorRequestHandler = (error, _request, response, next) => {
    if (error instanceof Problem) response.status(error.status).json({ code: error.code });
    else next(error);
  };
  app.use(refused);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(['/console/', '/console/documents/7', '/console/../secret', '/console/notes.md', '/console/%2e%2e/x'])(
  'any path that is no file is the page, asked for again each time: %s',
  async (path) => {
    const { text, headers } = await request(app).get(path).expect(200);
    expect([text, headers['cache-control']]).toEqual([PAGE, 'no-cache']);
  },
);

it('files with a digest in their name are kept for ever, compressed where the browser takes it', async () => {
  const path = '/console/assets/main-1a2b.js';
  const best = await request(app).get(path).set('Accept-Encoding', 'gzip, br').expect(200);
  expect(best.headers).toMatchObject({
    'content-encoding': 'br',
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': 'text/javascript; charset=utf-8',
    'content-length': String(brotliCompressSync(SCRIPT).length),
    vary: 'Accept-Encoding',
  });
  expect(best.text).toBe(SCRIPT);
  const plain = await request(app).get(path).set('Accept-Encoding', 'identity').expect(200);
  expect([plain.text, plain.headers['content-encoding']]).toEqual([SCRIPT, undefined]);
  expect(plain.headers['etag']).not.toBe(best.headers['etag']);
});

it('answers 304 to who has it, and a HEAD without a body', async () => {
  const { headers } = await request(app).get('/console/').expect(200);
  await request(app).get('/console/').set('If-None-Match', String(headers['etag'])).expect(304);
  const head = await request(app).head('/console/').expect(200);
  expect([head.headers['content-length'], head.text]).toEqual([String(PAGE.length), undefined]);
});

it('of a file of another version it says what to do, and leads to the page', async () => {
  await request(app).get('/console/assets/main-ffff.js').expect(404, { code: 'NOT_FOUND' });
  const { headers } = await request(app).get('/console').expect(308);
  expect(headers['location']).toBe('/console/');
});

it('says what is missing where it was not built', () => {
  expect(() => consoleFiles(join(folder, 'none'))).toThrow(/npm run build/);
});
