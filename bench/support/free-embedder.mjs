// An endpoint for embeddings that takes no thought: a text's vector is looked up by its digest. What it costs is not
// that of the service. Vectors are all over the space, as real ones are, and written as long as those of others.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const HALVES = 1_024;
export const DIMENSIONS = 384;

export async function startFreeEmbedder() {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const half = () => Array.from({ length: DIMENSIONS / 2 }, () => (random() / 5).toFixed(9)).join(',');
  const [firsts, seconds] = [Array.from({ length: HALVES }, half), Array.from({ length: HALVES }, half)];
  /** @param {string} text */
  const vectorOf = (text) => {
    const digest = createHash('sha1').update(text).digest();
    return `[${firsts[digest.readUInt16LE(0) % HALVES]},${seconds[digest.readUInt16LE(2) % HALVES]}]`;
  };
  const server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      /** @type {{ model: string, input: string[] }} */
      const { model, input } = JSON.parse(Buffer.concat(parts).toString());
      const data = input.map((text, at) => `{"object":"embedding","index":${at},"embedding":${vectorOf(text)}}`);
      const body = `{"object":"list","model":${JSON.stringify(model)},"data":[${data.join(',')}]}`;
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    settings: {
      EMBEDDING_API_URL: `http://127.0.0.1:${port}/v1`,
      EMBEDDING_API_MODEL: 'free',
      EMBEDDING_API_DIMENSIONS: String(DIMENSIONS),
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
