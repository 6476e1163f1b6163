// Drives /mcp by the client of the official SDK: by revision 2026-07-28, by the one on which it settles by itself, and
// by the last one with a handshake. Run beside the package of the client. Arguments: base URL, key.
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const [url, key] = process.argv.slice(2);

async function connect(mode) {
  const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
  const requestInit = { headers: { Authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
  return client;
}

for (const [mode, revision] of [
  [{ pin: '2026-07-28' }, '2026-07-28'],
  ['auto', '2026-07-28'],
  ['legacy', '2025-11-25'],
]) {
  const client = await connect(mode);
  const call = async (name, input, options) =>
    (await client.callTool({ name, arguments: input }, options)).structuredContent;
  assert.equal(client.getNegotiatedProtocolVersion(), revision);
  assert.equal(client.getServerVersion().name, 'vectorlane');
  assert.match(client.getInstructions(), /`fetch` reads/);

  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  assert.deepEqual(names, ['search', 'fetch', 'list_collections', 'list_documents', 'add_text']);
  assert.ok(tools.every(({ name, annotations }) => annotations.readOnlyHint === (name !== 'add_text')));

  const title = `ferry to Ærø by ${JSON.stringify(mode)}.md`;
  const text = `# Ferry\n\nThe ferry to Ærø leaves at noon: ${title}.`;
  const heard = [];
  const added = await call('add_text', { text, title }, { onprogress: ({ progress }) => heard.push(progress) });
  assert.equal(added.status, 'completed');
  assert.ok(heard.length > 0);
  assert.deepEqual(
    heard,
    heard.toSorted((one, other) => one - other),
  );
  const { results } = await call('search', { query: 'When does the ferry leave?' });
  assert.ok(results.some(({ id }) => id === added.id));
  assert.equal((await call('fetch', { id: added.id })).text, text);
  assert.equal((await client.callTool({ name: 'fetch', arguments: { id: 'none' } })).isError, true);

  const { resources } = await client.listResources();
  assert.ok(resources.some(({ name }) => name === title));
  assert.equal((await client.listResourceTemplates()).resourceTemplates.length, 1);
  const { contents } = await client.readResource({ uri: `vectorlane://documents/${added.id}` });
  assert.equal(contents[0].text, text);
  await assert.rejects(client.readResource({ uri: 'vectorlane://documents/none' }), {
    ...{ code: -32602, message: /DOCUMENT_NOT_FOUND: / },
  });
  await client.close();
}
console.log('revisions 2026-07-28 and 2025-11-25: discovery, tools, progress, resources, errors');
