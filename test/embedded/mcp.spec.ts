import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { PackedClient } from '../support/packed-client';
import { TestApp, type Untyped } from '../support/test-app';
import { runCli } from './cli/run-cli';

/** The MCP server as agents meet it: through the client of the official SDK. */

let app: TestApp;
let client: Client;
let bees: Untyped;

const TEXT = 'Bees cluster around the queen in winter and shiver to keep warm. 🐝';

beforeAll(async () => {
  app = await TestApp.start();
  bees = await app.ingest('bees.md', `# Bees\n\n## Winter\n\n${TEXT}`, { metadata: { year: 2026 } });
  await app.ingest('long.txt', 'A long story. 🐝 '.repeat(4_000));
  client = await connect(app.key);
}, 60_000);
afterAll(async () => {
  await client?.close();
  await app?.stop();
});

async function connect(key: string): Promise<Client> {
  const connected = new Client({ name: 'test', version: '1.0.0' });
  const requestInit = { headers: { Authorization: `Bearer ${key}` } };
  const transport = new StreamableHTTPClientTransport(new URL(`${app.url}/mcp`), { requestInit });
  // The SDK's class does not satisfy its own interface under exactOptionalPropertyTypes.
  await connected.connect(transport);
  return connected;
}

async function call(name: string, input: object = {}, by = client): Promise<Untyped> {
  const result = (await by.callTool({ name, arguments: { ...input } })) as CallToolResult;
  const [content, ...others] = result.content;
  expect(others).toEqual([]);
  if (content?.type !== 'text') throw new Error(`The answer is ${JSON.stringify(result)}.`);
  if (result.isError) return { error: content.text };
  expect(JSON.parse(content.text)).toEqual(result.structuredContent);
  return result.structuredContent;
}

/** A key with these scopes alone, in these collections. */
async function keyWith(scopes: string[], collections?: string[]): Promise<string> {
  const { body } = await app.json('/api/admin/keys', {
    name: 'one of few rights',
    scopes,
    ...(collections && { collections }),
  });
  return body.key as string;
}

it('says what it is and what it can do', async () => {
  expect(client.getServerVersion()).toMatchObject({ name: 'vectorlane', title: 'Vectorlane' });
  expect(client.getInstructions()).toContain('`fetch` reads');
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['search', 'fetch', 'list_collections', 'list_documents', 'add_text']);
  for (const { name, annotations, outputSchema, description } of tools) {
    expect(annotations?.readOnlyHint).toBe(name !== 'add_text');
    expect(outputSchema?.type).toBe('object');
    expect(description).toMatch(/^.{20,300}\.$/);
  }
});

it('finds the best passage of each document, in the shape that connectors ask for', async () => {
  const { results } = await call('search', { query: 'How do bees keep warm in winter?' });
  expect(results[0]).toEqual({
    ...{ id: bees.id, title: 'bees.md', url: `${app.url}/api/documents/${bees.id}/text` },
    ...{ text: expect.stringContaining(TEXT), score: expect.any(Number), place: { heading: 'Bees > Winter' } },
  });
  expect(new Set(results.map(({ id }: Untyped) => id)).size).toBe(results.length);
  expect(await call('search', { query: 'bees', filter: { metadata: { year: { gt: 2026 } } } })).toEqual({
    results: [],
  });
  expect((await call('search', { query: '"a long story"', limit: 1 })).results[0].title).toBe('long.txt');
});

it('reads a document whole, in parts that tear no character', async () => {
  const { text, metadata, ...rest } = await call('fetch', { id: bees.id });
  expect(rest).toEqual({ id: bees.id, title: 'bees.md', url: `${app.url}/api/documents/${bees.id}/text` });
  expect(text).toContain(TEXT);
  expect(metadata).toMatchObject({ format: 'md', document: { year: 2026 }, totalCharacters: text.length });

  const { documents } = await call('list_documents', { status: 'completed' });
  const { id } = documents.find(({ title }: Untyped) => title === 'long.txt');
  let whole = '';
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const part = await call('fetch', { id, offset });
    expect(part.text.isWellFormed()).toBe(true);
    whole += part.text;
    offset = part.metadata.nextOffset;
  }
  expect(whole).toBe(await (await app.fetch(`/api/documents/${id}/text`)).text());
});

it('lists documents in pages, and offers their texts as resources', async () => {
  const first = await call('list_documents', { limit: 1 });
  const second = await call('list_documents', { limit: 1, cursor: first.nextCursor });
  expect([first, second].map(({ documents }) => documents[0].title)).toEqual(['long.txt', 'bees.md']);
  const { resources } = await client.listResources();
  expect(resources.map(({ name }) => name).sort()).toEqual(['bees.md', 'long.txt']);
  const { contents } = await client.readResource({ uri: `vectorlane://documents/${bees.id}` });
  expect(contents).toMatchObject([{ mimeType: 'text/plain', text: expect.stringContaining(TEXT) }]);
});

it('adds a text for a key that may write, tells how far it is, and finds it then', async () => {
  const heard: number[] = [];
  const added = await client.callTool(
    { name: 'add_text', arguments: { text: 'The ferry to Ærø leaves at noon.', title: 'ferry.md' } },
    undefined,
    { onprogress: ({ progress }) => heard.push(progress) },
  );
  expect(added.structuredContent).toMatchObject({ title: 'ferry.md', status: 'completed', duplicate: false });
  expect(heard).toEqual([...heard].sort((one, other) => one - other));
  expect((await call('search', { query: 'ferry to Ærø', limit: 1 })).results[0].title).toBe('ferry.md');
  expect(await call('add_text', { text: 'The ferry to Ærø leaves at noon.', title: 'again.md' })).toMatchObject({
    duplicate: true,
    title: 'ferry.md',
  });
  expect(await call('add_text', { text: '   ', title: 'blank.txt' })).toMatchObject({
    status: 'failed',
    failure: { code: 'EMPTY_CONTENT' },
  });

  const reader = await connect(await keyWith(['read']));
  expect((await reader.listTools()).tools.map(({ name }) => name)).not.toContain('add_text');
  expect((await call('add_text', { text: 'Not allowed.' }, reader)).error).toContain('add_text not found');
  await reader.close();
});

it('shows a key that is bound to collections these alone', async () => {
  await app.json('/api/collections', { name: 'kitchen', description: 'What cooks read.' });
  const cook = await connect(await keyWith(['read', 'write'], ['kitchen']));
  const added = await call('add_text', { text: 'Simmer the bees wax, never boil it.', title: 'wax.md' }, cook);
  expect((await call('list_documents', {}, cook)).documents).toMatchObject([{ id: added.id, collection: 'kitchen' }]);
  expect((await call('search', { query: 'bees' }, cook)).results.map(({ id }: Untyped) => id)).toEqual([added.id]);
  expect(await call('list_collections', {}, cook)).toEqual({
    collections: [{ name: 'kitchen', documents: 1, description: 'What cooks read.' }],
  });
  expect((await cook.listResources()).resources.map(({ name }) => name)).toEqual(['wax.md']);
  for (const [tool, input, code] of [
    ['fetch', { id: bees.id }, 'DOCUMENT_NOT_FOUND'],
    ['search', { query: 'bees', collections: ['default'] }, 'COLLECTION_NOT_FOUND'],
    ['list_documents', { collections: ['default'] }, 'COLLECTION_NOT_FOUND'],
    ['add_text', { text: 'Elsewhere.', collection: 'default' }, 'COLLECTION_NOT_FOUND'],
  ] as const) {
    expect((await call(tool, input, cook)).error).toMatch(new RegExp(`^${code}: `));
  }
  await expect(cook.readResource({ uri: `vectorlane://documents/${bees.id}` })).rejects.toThrow('no document');
  await cook.close();
  expect((await call('search', { query: 'wax', collections: ['kitchen'] })).results).toMatchObject([{ id: added.id }]);
});

it('tells a model what is wrong in words it can act on', async () => {
  const unknown = '00000000-0000-4000-8000-000000000000';
  expect((await call('fetch', { id: unknown })).error).toBe(
    `DOCUMENT_NOT_FOUND: There is no document ${unknown}. Search for its id.`,
  );
  expect((await call('fetch', { id: '../../etc/passwd' })).error).toMatch(/^DOCUMENT_NOT_FOUND: /);
  expect((await call('search', { query: ' ' })).error).toMatch(/query/);
  expect((await call('list_documents', { cursor: 'none of ours' })).error).toMatch(/^INVALID_CURSOR: /);
});

it('tells how clients connect, and never a key', async () => {
  const { exitCode, stdout } = await runCli(['mcp'], { environment: { VECTORLANE_URL: app.url } });
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`"url": "${app.url}/mcp"`);
  expect(stdout).toContain('"--stdio"');
  expect(stdout).not.toContain('vl_');
});

it('is a server over standard input and output too', async () => {
  const local = new Client({ name: 'test', version: '1.0.0' });
  const script = join(__dirname, '../../scripts/cli.mjs');
  const env = { VECTORLANE_URL: app.url, VECTORLANE_API_KEY: app.key };
  const args = [script, 'mcp', '--stdio'];
  await local.connect(new StdioClientTransport({ command: process.execPath, args, env }));
  expect(local.getServerVersion()).toMatchObject({ name: 'vectorlane' });
  expect((await call('search', { query: 'bees in winter', limit: 1 }, local)).results).toMatchObject([{ id: bees.id }]);
  expect((await call('fetch', { id: 'none' }, local)).error).toMatch(/^DOCUMENT_NOT_FOUND: /);
  await local.close();

  const astray = new Client({ name: 'test', version: '1.0.0' });
  const nowhere = { VECTORLANE_URL: 'http://127.0.0.1:9', VECTORLANE_API_KEY: app.key };
  const transport = new StdioClientTransport({ command: process.execPath, args, env: nowhere, stderr: 'ignore' });
  await expect(astray.connect(transport)).rejects.toThrow('The service does not answer');
  await astray.close();
}, 120_000);

it('keeps strangers, foreign pages and other methods out', async () => {
  const post = (headers: Record<string, string>, key: string | null = app.key): Promise<Response> =>
    app.fetch('/mcp', {
      ...{ method: 'POST', key, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) },
      headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    });
  expect((await post({})).status).toBe(200);
  expect((await post({ Origin: 'http://localhost:6274' })).status).toBe(200);
  const foreign = await post({ Origin: 'http://rebound.example' });
  expect([foreign.status, ((await foreign.json()) as Untyped).code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
  const stranger = await post({}, null);
  expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  expect((await post({}, await keyWith(['write']))).status).toBe(403);
  expect((await app.fetch('/mcp')).status).toBe(405);
  expect((await app.fetch('/mcp/', { method: 'POST', key: null, body: '{}' })).status).toBe(401);
});

it('answers revision 2026-07-28 without a handshake, and says what such a request lacks', async () => {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const ask = async (
    method: string,
    params: object = {},
    headers: Record<string, string> = {},
    _meta: object = meta,
  ) => {
    const response = await app.fetch('/mcp', {
      ...{ method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { ...params, _meta } }) },
      headers: {
        ...{ 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
        ...{ 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': method, ...headers },
      },
    });
    return { status: response.status, ...((await response.json()) as Untyped) };
  };
  const common = { resultType: 'complete', _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'vectorlane' } } };
  expect(await ask('server/discover')).toMatchObject({
    ...{ status: 200, id: 7 },
    result: { ...common, supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, cacheScope: 'private' },
  });
  const named = { 'Mcp-Name': 'search' };
  const search = { name: 'search', arguments: { query: 'bees in winter', limit: 1 } };
  const found = await ask('tools/call', search, named);
  expect(found.result).toMatchObject({ ...common, structuredContent: { results: [{ id: bees.id }] } });
  expect(found.result).not.toHaveProperty('ttlMs');
  expect((await ask('tools/call', search, { 'Mcp-Name': '=?base64?c2VhcmNo?=' })).result.resultType).toBe('complete');

  const { 'io.modelcontextprotocol/protocolVersion': _version, ...noVersion } = meta;
  const { 'io.modelcontextprotocol/clientCapabilities': _capabilities, ...noCapabilities } = meta;
  for (const [asked, status, code] of [
    [ask('initialize'), 404, -32601],
    [ask('ping'), 404, -32601],
    [ask('tools/list', {}, {}, noVersion), 400, -32602],
    [ask('tools/list', {}, {}, noCapabilities), 400, -32602],
    [ask('tools/list', {}, { 'MCP-Protocol-Version': '2025-11-25' }), 400, -32020],
    [ask('tools/list', {}, { 'Mcp-Method': 'tools/call' }), 400, -32020],
    [ask('tools/call', search), 400, -32020],
    [ask('tools/call', search, { 'Mcp-Name': 'fetch' }), 400, -32020],
  ] as const) {
    expect(await asked).toMatchObject({ id: 7, status, error: { code } });
  }
  const later = { ...meta, 'io.modelcontextprotocol/protocolVersion': '2030-01-01' };
  expect(await ask('tools/list', {}, { 'MCP-Protocol-Version': '2030-01-01' }, later)).toMatchObject({
    ...{ status: 400, error: { code: -32022, data: { supported: ['2026-07-28'], requested: '2030-01-01' } } },
  });
});

/** What the package for TypeScript is for, in CommonJS; the program of its README is an ES module. */
const PROGRAM = `
const { createReadStream, mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { hasCode, Vectorlane } = require('@vectorlane/client/node');

(async () => {
  const client = new Vectorlane({ url: process.env.VECTORLANE_URL, apiKey: process.env.VECTORLANE_KEY });
  const collection = 'packed';
  mkdirSync('notes/sub', { recursive: true });
  writeFileSync('notes/ants.md', 'Ants carry leaves. '.repeat(400));
  writeFileSync('notes/sub/eels.txt', 'Eels swim to the sea.');
  const first = await client.sync('notes', { collection });
  for (const document of first.uploaded) await client.waitUntilDone(document);
  rmSync('notes/ants.md');
  const second = await client.sync('notes', { collection, prune: true });
  const seen = [];
  const newts = await client.upload(createReadStream('notes/sub/eels.txt'), { filename: 'copy.txt', collection: 'copies' });
  await client.waitUntilDone(newts, { onProgress: ({ percent }) => seen.push(percent) });
  const { results } = await client.search({ query: 'eels', collection: [collection, 'copies'] });
  const names = [];
  for await (const { externalId } of client.documents({ collection: [collection] })) names.push(externalId);
  await client.deleteDocument(newts);
  const gone = await client.getDocument(newts).catch((error) => hasCode(error, 'DOCUMENT_NOT_FOUND'));
  for (const name of [collection, 'copies', 'first-steps']) {
    for await (const { id } of client.documents({ collection: [name] })) await client.deleteDocument(id);
    await client.deleteCollection(name);
  }
  const left = [];
  for await (const { name } of client.collections()) left.push(name);
  const found = results.map(({ content }) => content);
  const counts = [first, second].map(({ uploaded, unchanged, deleted, failed }) => [uploaded.length, unchanged, deleted, failed]);
  console.log(JSON.stringify({ counts, found, names, gone, left }));
})();
`;

it('is reached by the package for TypeScript too, packed and installed, by the program of its README', async () => {
  const before = (await call('list_collections')).collections.map(({ name }: Untyped) => name);
  const env = { VECTORLANE_URL: app.url, VECTORLANE_KEY: app.key };
  const readme = await readFile(join(__dirname, '../../clients/typescript/README.md'), 'utf8');
  const [, first = ''] = /```js\n([^]*?)```/.exec(readme) ?? [];
  const packed = await PackedClient.install();
  try {
    const said = 'Bees cluster around the queen in winter and shiver to keep warm.\n';
    expect(await packed.program('first.mjs', first, env)).toBe(said);
    expect(JSON.parse(await packed.program('second.cjs', PROGRAM, env))).toEqual({
      counts: [
        [2, 0, 0, []],
        [0, 1, 1, []],
      ],
      found: ['Eels swim to the sea.', 'Eels swim to the sea.'],
      names: ['notes/sub/eels.txt'],
      gone: true,
      left: before,
    });
  } finally {
    await packed.remove();
  }
}, 180_000);
