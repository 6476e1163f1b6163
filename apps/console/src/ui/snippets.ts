interface Snippet {
  readonly title: string;
  readonly code: (server: string, key: string) => string;
}

/** What a program needs to begin with, by what it is written in. */
export const SNIPPETS: readonly { readonly name: string; readonly parts: readonly Snippet[] }[] = [
  {
    name: 'curl',
    parts: [
      {
        title: 'Upload a file',
        code: (server, key) => `curl -sS -H 'X-API-Key: ${key}' -F file=@README.md \\
  ${server}/api/documents`,
      },
      {
        title: 'Ask',
        code: (server, key) => `curl -sS -H 'X-API-Key: ${key}' -H 'Content-Type: application/json' \\
  -d '{"query": "how do I start it?", "topK": 3}' ${server}/api/search`,
      },
    ],
  },
  {
    name: 'TypeScript',
    parts: [
      {
        title: 'Upload a file and ask',
        code: (server, key) => `import { openAsBlob } from 'node:fs';

const server = '${server}';
const headers = { 'X-API-Key': '${key}' };

const form = new FormData();
form.set('file', await openAsBlob('README.md'), 'README.md');
const { id } = await (await fetch(server + '/api/documents', { method: 'POST', headers, body: form })).json();

let document;
do {
  await new Promise((resolve) => setTimeout(resolve, 500));
  document = await (await fetch(server + '/api/documents/' + id, { headers })).json();
} while (document.status === 'pending' || document.status === 'processing');

const answer = await fetch(server + '/api/search', {
  method: 'POST',
  headers: { ...headers, 'Content-Type': 'application/json' },
  body: JSON.stringify({ query: 'how do I start it?', topK: 3 }),
});
for (const { score, content } of (await answer.json()).results) console.log(score, content);`,
      },
    ],
  },
  {
    name: 'Python',
    parts: [
      {
        title: 'Upload a file and ask (pip install httpx)',
        code: (server, key) => `import time

import httpx

client = httpx.Client(base_url="${server}", headers={"X-API-Key": "${key}"})

with open("README.md", "rb") as file:
    document = client.post("/api/documents", files={"file": file}).raise_for_status().json()
while document["status"] in ("pending", "processing"):
    time.sleep(0.5)
    document = client.get(f"/api/documents/{document['id']}").raise_for_status().json()

answer = client.post("/api/search", json={"query": "how do I start it?", "topK": 3}).raise_for_status()
for hit in answer.json()["results"]:
    print(hit["score"], hit["content"])`,
      },
    ],
  },
  {
    name: 'OpenAI',
    parts: [
      {
        title: 'Python (pip install openai)',
        code: (server, key) => `from openai import OpenAI

client = OpenAI(base_url="${server}/openai/v1", api_key="${key}")

store = client.vector_stores.create(name="Handbooks")
with open("README.md", "rb") as file:
    client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=file)
for hit in client.vector_stores.search(store.id, query="how do I start it?"):
    print(hit.score, hit.filename, hit.content[0].text)`,
      },
      {
        title: 'TypeScript (npm install openai)',
        code: (server, key) => `import { createReadStream } from 'node:fs';
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${server}/openai/v1', apiKey: '${key}' });

const store = await client.vectorStores.create({ name: 'Handbooks' });
await client.vectorStores.files.uploadAndPoll(store.id, createReadStream('README.md'));
for await (const hit of client.vectorStores.search(store.id, { query: 'how do I start it?' })) {
  console.log(hit.score, hit.filename, hit.content[0]?.text);
}`,
      },
    ],
  },
  {
    name: 'MCP',
    parts: [
      {
        title: 'A client with a JSON configuration',
        code: (server, key) =>
          JSON.stringify(
            {
              mcpServers: {
                vectorlane: { type: 'http', url: `${server}/mcp`, headers: { Authorization: `Bearer ${key}` } },
              },
            },
            undefined,
            2,
          ),
      },
      {
        title: 'Claude Code',
        code: (server, key) =>
          `claude mcp add --transport http vectorlane ${server}/mcp --header "Authorization: Bearer ${key}"`,
      },
    ],
  },
];
