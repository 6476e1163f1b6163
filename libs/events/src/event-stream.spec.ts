import { PassThrough, Writable } from 'node:stream';
import type { DocumentEvent } from './event';
import { EventStream } from './event-stream';

const event = (number: number, collection = 'a'): DocumentEvent => ({
  number,
  type: 'document.progress',
  at: new Date(0),
  collection,
  documentId: `d${number}`,
  body: {
    documentId: `d${number}`,
    collection,
    externalId: null,
    filename: 'a.txt',
    revision: 1,
    status: 'processing',
    stage: 'embedding',
    percent: 50,
  },
});
const range = (from: number, to: number): DocumentEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

/** A client that has taken what it was written, up to where it stops reading. */
function clientReading(chunks: number): { out: Writable; ids: () => number[]; text: () => string; goOn: () => void } {
  let room = chunks;
  let held: (() => void) | undefined;
  let text = '';
  const out = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      text += chunk;
      room -= 1;
      if (room > 0) done();
      else held = done;
    },
  });
  return {
    out,
    text: () => text,
    ids: () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
    goOn: () => {
      room = Number.POSITIVE_INFINITY;
      held?.();
    },
  };
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const log = range(1, 20);
const read = (after: number, upTo: number) => {
  const events = log.filter(({ number }) => number > after && number <= upTo).slice(0, 3);
  return Promise.resolve({ events, upTo: events.length === 3 ? (events.at(-1)?.number ?? upTo) : upTo });
};

it('reads what it has missed page by page while the feed goes on, and then what the feed reads, each once', async () => {
  let feedAt = 8;
  const client = new PassThrough({ highWaterMark: 1_000_000 });
  const stream = new EventStream(client, {}, 2, () => undefined);
  await stream.catchUp(read, () => feedAt);
  expect(stream.isBehind).toBe(true);
  // Not live yet: what the feed offers meanwhile is read from the log.
  stream.offer(range(9, 10), 10);
  feedAt = 10;
  while (stream.isBehind) await stream.catchUp(read, () => feedAt);
  // The feed may be behind the stream too, which began with the log's last event.
  stream.offer(range(9, 12), 12);
  const text = String(client.read());
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(ids).toEqual(range(3, 12).map(({ number }) => number));
  expect(text).toContain('event: document.progress\ndata: {"documentId":"d3"');
});

it('writes nothing more to a client that does not read, and goes on where it stopped', async () => {
  const client = clientReading(2);
  let ready = 0;
  const stream = new EventStream(client.out, {}, 0, () => (ready += 1));
  await stream.catchUp(read, () => 0);
  stream.offer(range(1, 10), 10);
  await settled();
  const buffered = client.out.writableLength;
  stream.offer(range(11, 20), 20);
  expect({ isBehind: stream.isBehind, more: client.out.writableLength - buffered }).toEqual({
    isBehind: false,
    more: 0,
  });
  client.goOn();
  while (ready === 0) await settled();
  for (let turn = 0; turn < 200 && client.ids().length < 20; turn += 1) {
    if (stream.isBehind) await stream.catchUp(read, () => 20);
    await settled();
  }
  expect(client.ids()).toEqual(range(1, 20).map(({ number }) => number));
});

it('cuts off a client that has not read for half a minute, and says why', async () => {
  const client = clientReading(1);
  const stream = new EventStream(client.out, {}, 0, () => undefined);
  await stream.catchUp(read, () => 0);
  stream.beat(performance.now());
  stream.beat(performance.now() + 29_000);
  expect(stream.over).toBe(false);
  stream.beat(performance.now() + 31_000);
  expect({ over: stream.over, ended: client.out.writableEnded }).toEqual({ over: true, ended: true });
  client.goOn();
  await settled();
  expect(client.text()).toContain(': cut off');
});

it('passes on what is wanted and allowed, and skips the rest without losing its place', async () => {
  const client = new PassThrough({ highWaterMark: 1_000_000 });
  const stream = new EventStream(client, { collections: ['a'], types: ['document.progress'] }, 0, () => undefined);
  await stream.catchUp(read, () => 0);
  stream.offer([event(1), event(2, 'b'), { ...event(3), type: 'document.deleted' }, event(4)], 9);
  stream.offer([event(9), event(10)], 10);
  const ids = [...String(client.read()).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(ids).toEqual([1, 4, 10]);
});
