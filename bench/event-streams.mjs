// What 1,000 open event streams cost a process, in memory and in the time that others wait; and how good the time is
// that the rest of a document takes (`etaMs`), with the model inside. node bench/event-streams.mjs
import { once } from 'node:events';
import { get } from 'node:http';
import { quantile, startService } from './support/service.mjs';

const STREAMS = 1_000;
const SEARCHES = 200;
const MIB = 2 ** 20;

const service = await startService({ CHUNK_TOKENS: '256' });
const key = service.key;

/** @param {string} path @returns {Promise<import('node:http').IncomingMessage>} */
async function open(path) {
  const request = get(`${service.url}${path}`, { headers: { 'X-API-Key': key }, agent: false });
  const [response] = await once(request, 'response');
  if (response.statusCode !== 200) throw new Error(`${path} was answered ${response.statusCode}.`);
  return response;
}

async function searches() {
  const took = [];
  for (let index = 0; index < SEARCHES; index += 1) {
    const startedAt = performance.now();
    await service.call('/api/search', { query: `tide ${index % 7}`, mode: 'keyword' });
    took.push(performance.now() - startedAt);
  }
  return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}

/** Memory after what was used for a moment only is gone. */
async function settled() {
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  return service.rssBytes();
}

for (let index = 0; index < 20; index += 1) {
  await service.call('/api/documents/text', { text: `The tide of day ${index}. `.repeat(30) });
}
await service.untilIdle();
await searches();
const [alone, before] = [await searches(), await settled()];

let received = 0;
const streams = [];
for (let index = 0; index < STREAMS; index += 1) {
  const stream = await open('/api/events');
  stream.on('data', (part) => (received += String(part).split('\nevent: ').length - 1));
  streams.push(stream);
}
const [among, after] = [await searches(), await settled()];
await service.call('/api/documents/text', { text: 'One more tide.' });
await service.untilIdle();
await new Promise((resolve) => setTimeout(resolve, 3_000));
const told = await settled();
for (const stream of streams) stream.destroy();

/** @param {number} bytes */
const mib = (bytes) => (bytes / MIB).toFixed(1);
process.stdout.write(
  `${STREAMS} streams: ${mib(after - before)} MiB at rest, ${mib(told - before)} MiB once each was told of a document ` +
    `(${received} events in all).\n` +
    `A search meanwhile: p50 ${among.p50.toFixed(1)} ms, p99 ${among.p99.toFixed(1)} ms; without them ` +
    `${alone.p50.toFixed(1)} and ${alone.p99.toFixed(1)} ms.\n`,
);

// A document of some thirty seconds, and what was told of it at each step.
const text = Array.from(
  { length: 500 },
  (_, index) => `Paragraph ${index}. ${'Of ropes, salt and sails. '.repeat(38)}`,
);
const { id } = await service.call('/api/documents/text', { text: text.join('\n\n') });
/** @type {{ at: number, etaMs: number }[]} */
const etas = [];
let endedAt = 0;
let rest = '';
for await (const part of await open(`/api/documents/${id}/events`)) {
  const blocks = (rest + String(part)).split('\n\n');
  rest = blocks.pop() ?? '';
  for (const block of blocks) {
    const data = /^data: (.*)$/m.exec(block)?.[1];
    if (data === undefined) continue;
    /** @type {{ at: string, status: string, progress?: { etaMs: number | null } }} */
    const { at, status, progress } = JSON.parse(data);
    if (progress?.etaMs) etas.push({ at: Date.parse(at), etaMs: progress.etaMs });
    if (status === 'completed') endedAt = Date.parse(at);
  }
  if (endedAt > 0) break;
}
const factors = etas
  .filter(({ at }) => endedAt - at > 1_000)
  .map(({ at, etaMs }) => Math.max(etaMs / (endedAt - at), (endedAt - at) / etaMs));
process.stdout.write(
  `etaMs over ${((endedAt - (etas[0]?.at ?? endedAt)) / 1_000).toFixed(0)} s: ${factors.length} times told, off by a ` +
    `factor of ${quantile(factors, 0.5).toFixed(2)} (median), ${Math.max(...factors).toFixed(2)} at most.\n`,
);
await service.stop();
