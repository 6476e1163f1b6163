// openapi-fetch with the types that openapi-typescript makes of openapi.json beside a copy of this file: type-checked
// strictly, then run. Upload, search, list, delete, as anybody's program would. Arguments: base URL, key.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import createFetchClient from 'openapi-fetch';

const [baseUrl = '', key = ''] = process.argv.slice(2);
/** @type {import('openapi-fetch').Client<import('./schema.js').paths>} */
const client = createFetchClient({ baseUrl, headers: { 'X-API-Key': key } });

const form = new FormData();
form.set('file', new File(['Storks clatter with their bills.'], 'storks.txt', { type: 'text/plain' }));
form.set('metadata', JSON.stringify({ bird: 'stork' }));
form.set('collection', 'fetched');
const uploaded = await client.POST('/api/documents', {
  body: { file: '', collection: 'fetched' },
  bodySerializer: () => form,
});
assert(uploaded.data, JSON.stringify(uploaded.error));
assert.equal(uploaded.response.status, 202);
const { id } = uploaded.data;

const endsAt = Date.now() + 120_000;
for (;;) {
  const { data, error } = await client.GET('/api/documents/{id}', { params: { path: { id } } });
  assert(data, JSON.stringify(error));
  assert.notEqual(data.status, 'failed');
  if (data.status === 'completed') break;
  assert(Date.now() < endsAt, 'not done in time');
  await delay(200);
}

const found = await client.POST('/api/search', {
  body: {
    query: 'What noise do storks make?',
    topK: 1,
    mode: 'hybrid',
    offset: 0,
    context: 0,
    highlights: false,
    collection: 'fetched',
    filter: { metadata: { bird: { in: ['stork', 'heron'] } } },
  },
});
assert.equal(found.data?.results[0]?.documentId, id);

const listed = await client.GET('/api/documents', { params: { query: { collection: ['fetched'], limit: 5 } } });
assert.deepEqual(
  listed.data?.items.map((item) => item.filename),
  ['storks.txt'],
);

const refused = await client.POST('/api/collections', { body: { name: 'fetched' } });
assert.equal(refused.error?.code, 'COLLECTION_EXISTS');

assert.equal((await client.DELETE('/api/documents/{id}', { params: { path: { id } } })).response.status, 204);
const gone = await client.GET('/api/documents/{id}', { params: { path: { id } } });
assert.equal(gone.error?.code, 'DOCUMENT_NOT_FOUND');
process.stdout.write('upload, search, filter, list, delete, problems\n');
