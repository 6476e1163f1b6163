// Speaks OpenAI's embeddings protocol and takes a fixed time for each request, however many come at once: a model that
// has as many machines as it needs. Holds everything while it is shut.
import { once } from 'node:events';
import { createServer } from 'node:http';

/** @param {{ latencyMs: number, dimensions: number }} options */
export async function startSlowEmbedder({ latencyMs, dimensions }) {
  let shut = false;
  /** @type {(() => void)[]} */
  const held = [];
  /**
   * @type {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) =>
   *   Promise<void>}
   */
  const answer = async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    /** @type {{ model: string, input: string[] }} */
    const { model, input } = JSON.parse(text);
    if (shut) await new Promise((/** @type {(value?: undefined) => void} */ resolve) => held.push(resolve));
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    const embedding = Array.from({ length: dimensions }, (_, index) =>
      index === input[0].length % dimensions ? 1 : 0,
    );
    const data = input.map((_, index) => ({ object: 'embedding', index, embedding }));
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ object: 'list', model, data }));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    settings: {
      EMBEDDING_API_URL: `http://127.0.0.1:${port}/v1`,
      EMBEDDING_API_MODEL: 'slow',
      EMBEDDING_API_DIMENSIONS: String(dimensions),
    },
    shut() {
      shut = true;
    },
    open() {
      shut = false;
      for (const go of held.splice(0)) go();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
