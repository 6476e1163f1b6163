import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { SHORT_LIVED } from '../support/children/child';
import { newDataFolder } from '../support/data-folder';
import { ServiceProcess } from '../support/service-process';
import { onServer } from '../support/test-database';
import { openTestServers } from '../support/test-servers';
import type { Untyped } from '../support/test-app';

/**
 * docs/extending.md taken at its word: its classes and lines are applied to a copy of the sources, and what comes out
 * of the build ingests the new format with the new embedder.
 */

const ROOT = join(__dirname, '../..');
const COPIED = ['apps', 'libs', 'dist', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const BUILD_TIMEOUT_MS = 240_000;

const SUBTITLES = `1
00:00:01,000 --> 00:00:04,000
The lighthouse keeper polishes
the great lens at dusk.

2
00:00:05,000 --> 00:00:08,500
A schooner rounds the cape under reefed sails.
`;

interface Block {
  readonly kind: 'file' | 'insert';
  readonly path: string;
  readonly code: string;
}

function blocksOf(page: string): Block[] {
  return [...page.matchAll(/<!-- (file|insert): (\S+) -->\n\n```\w+\n([^]*?)```/g)].map(([, kind, path, code]) => ({
    kind: kind as Block['kind'],
    path: path!,
    code: code!,
  }));
}

/** One known line, which stays, and new lines before or behind it. */
function insert(source: string, diff: string, path: string): string {
  const lines = diff.trimEnd().split('\n');
  const known = lines.filter((line) => !line.startsWith('+')).map((line) => line.slice(1));
  if (known.length !== 1 || source.split(`${known[0]}\n`).length !== 2) {
    throw new Error(`docs/extending.md names a line that is not once in ${path}: ${known.join('⏎')}`);
  }
  return source.replace(`${known[0]}\n`, () => lines.map((line) => `${line.slice(1)}\n`).join(''));
}

/**
 * Compiles what the page touches, types and all, into a copy of the build. Nothing else of the build changes: the
 * page only adds to files, and `npm run check` sees to the types of the rest.
 */
function build(folder: string, paths: readonly string[]): void {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const config = ts.getParsedCommandLineOfConfigFile(join(folder, 'tsconfig.build.json'), { incremental: false }, host);
  if (config === undefined) throw new Error('The copy has no tsconfig.build.json.');
  const program = ts.createProgram(config.fileNames, config.options);
  for (const path of paths) {
    const file = program.getSourceFile(join(folder, path));
    const { diagnostics } = program.emit(file, (target, text) =>
      ts.sys.writeFile(target, withPaths(text, target, folder)),
    );
    const all = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file), ...diagnostics];
    expect(all.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  }
}

/** What `npm run build` does with the names of libraries. */
function withPaths(text: string, target: string, folder: string): string {
  return text.replace(/require\("@vectorlane\/([^"]+)"\)/g, (_, lib: string) => {
    const path = relative(dirname(target), join(folder, 'dist/libs', lib, 'src'));
    return `require("${path.startsWith('.') ? path : `./${path}`}")`;
  });
}

let folder: string;
let data: string | undefined;
let service: ServiceProcess | undefined;
let closeServers: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectorlane-extending-'));
  for (const name of COPIED) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true, filter: (path) => !path.endsWith('.spec.ts') });
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const blocks = blocksOf(await readFile(join(ROOT, 'docs/extending.md'), 'utf8'));
  expect(blocks.filter(({ kind }) => kind === 'file')).toHaveLength(2);
  expect(blocks.length).toBeGreaterThan(6);
  for (const { kind, path, code } of blocks) {
    const target = join(folder, path);
    await writeFile(target, kind === 'file' ? code : insert(await readFile(target, 'utf8'), code, path));
  }
  build(folder, [...new Set(blocks.map(({ path }) => path))]);
}, BUILD_TIMEOUT_MS);

afterAll(async () => {
  await service?.stop();
  await closeServers();
  for (const left of [folder, ...(data === undefined ? [] : [data])]) await rm(left, { recursive: true, force: true });
}, 60_000);

it('adds a format and an embedder with a class and a line each', async () => {
  const servers = await openTestServers();
  closeServers = () => servers.close();
  data = await newDataFolder('extending', { weights: false });
  const start = join(folder, 'start.js');
  const flag = `require('node:v8').setFlagsFromString('${SHORT_LIVED}');`;
  await writeFile(start, `${flag}\nrequire('./dist/apps/api/src/program.js');\n`);
  service = await ServiceProcess.start(
    { DATA_DIR: data, EMBEDDING_HASHING_DIMENSION: '256', ...(onServer && servers.settings) },
    relative(ROOT, start),
  );
  const key = (await readFile(join(data, 'api-key'), 'utf8')).trim();
  const call = async (path: string, init: RequestInit = {}): Promise<Untyped> => {
    const headers = { 'X-API-Key': key, ...(typeof init.body === 'string' && { 'Content-Type': 'application/json' }) };
    const response = await fetch(`${service?.url}${path}`, { ...init, headers, signal: AbortSignal.timeout(30_000) });
    return { status: response.status, body: await response.json() };
  };
  const metrics = await fetch(`${service.url}/metrics`, { signal: AbortSignal.timeout(30_000) });
  expect(await metrics.text()).toContain('\nextraction_subtitle_cues_total 0\n');

  const ingest = async (content: string): Promise<Untyped> => {
    const form = new FormData();
    form.set('file', new Blob([content]), 'film.srt');
    const { body: accepted } = await call('/api/documents', { method: 'POST', body: form });
    expect(accepted).toMatchObject({ format: 'srt', lane: 'fast' });
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline) {
      const { body } = await call(`/api/documents/${accepted.id}`);
      if (body.status === 'completed' || body.status === 'failed') return body;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('The document has not ended in time.');
  };

  expect(await ingest(SUBTITLES)).toMatchObject({ status: 'completed', chunkCount: 1 });
  expect(await ingest('1\nThere are no times here.\n')).toMatchObject({
    status: 'failed',
    failure: { code: 'CORRUPT_FILE', message: expect.stringContaining('has no times') },
  });
  const { body } = await call('/api/search', {
    method: 'POST',
    body: JSON.stringify({ query: 'schooner under reefed sails', mode: 'vector', filter: { format: ['srt'] } }),
  });
  expect(body.results).toHaveLength(1);
  expect(body.results[0].place).toEqual({ cue: 1 });
  expect(body.results[0].content).toBe(
    'The lighthouse keeper polishes\nthe great lens at dusk.\n\nA schooner rounds the cape under reefed sails.',
  );
}, 120_000);
