import { DocumentNews } from './document-news';
import type { FoundFile } from './found-files';
import { LaneFollowers } from './lane-followers';
import type { Clock } from './terminal';

/** A server's streams, of which the client is given one after the other, and time that passes when it is told to. */
function scene() {
  const streams: Stream[] = [];
  const asked: (string | undefined)[] = [];
  let refused = false;
  const sleepers = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        sleepers.add(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  const client = {
    openEvents: (_: string | undefined, lastEventId: string | undefined, signal: AbortSignal) => {
      asked.push(lastEventId);
      if (refused) return Promise.resolve(undefined);
      const stream = new Stream(signal);
      streams.push(stream);
      return Promise.resolve(stream.blocks());
    },
    getDocument: () => Promise.resolve({ id: 'x', status: 'completed' as const, chunkCount: 7 }),
  };
  return {
    ...{ streams, asked, clock, client },
    refuse: () => (refused = true),
    /** All that is waited for has been waited for. */
    pass: async () => {
      for (const wake of sleepers) wake();
      sleepers.clear();
      await turns();
    },
  };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

class Stream {
  private readonly parts: string[] = [];
  private wake: () => void = () => undefined;
  private isOver = false;

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.end());
  }

  tell(number: number, type: string, data: object): void {
    const body = { documentId: 'x', revision: 1, status: 'processing', percent: 0, ...data };
    this.parts.push(`id: ${number}\nevent: ${type}\ndata: ${JSON.stringify(body)}`);
    this.wake();
  }

  end(): void {
    this.isOver = true;
    this.wake();
  }

  async *blocks(): AsyncGenerator<string> {
    for (;;) {
      const part = this.parts.shift();
      if (part !== undefined) yield part;
      else if (this.isOver) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

const file: FoundFile = { path: 'a.txt', location: '/a.txt', name: 'a.txt', sizeBytes: 1 };

function following({ client, clock }: ReturnType<typeof scene>, news: DocumentNews) {
  const percents: number[] = [];
  const polled: string[] = [];
  const followers = new LaneFollowers({
    ...{ news, clock, followedAtOnce: 2, signal: new AbortController().signal },
    client: {
      getDocument: (id) => {
        polled.push(id);
        return client.getDocument();
      },
    },
    onProgress: (_, percent) => percents.push(percent),
  });
  return { percents, polled, settled: (revision = 1) => followers.untilSettled(file, { id: 'x', revision, at: 0 }) };
}

describe('documents that are followed by one stream', () => {
  const never = new AbortController().signal;

  it('are told of without a question, also of what happened before anybody waited', async () => {
    const stage = scene();
    const news = new DocumentNews(stage.client, stage.clock, undefined);
    await news.open(never);
    const { percents, polled, settled } = following(stage, news);
    stage.streams[0]?.tell(4, 'document.progress', { percent: 10 });
    await turns();
    const end = settled();
    await turns();
    stage.streams[0]?.tell(5, 'document.progress', { percent: 60 });
    await turns();
    stage.streams[0]?.tell(9, 'document.completed', { status: 'completed', percent: 100, chunkCount: 3 });
    await expect(end).resolves.toMatchObject({ id: 'x', status: 'completed', chunkCount: 3 });
    expect({ percents, polled, asked: stage.asked }).toEqual({ percents: [10, 60], polled: [], asked: [undefined] });
    await news.close();
  });

  it('do not end with the content before', async () => {
    const stage = scene();
    const news = new DocumentNews(stage.client, stage.clock, undefined);
    await news.open(never);
    stage.streams[0]?.tell(4, 'document.completed', { status: 'completed', percent: 100, chunkCount: 1 });
    await turns();
    const end = following(stage, news).settled(2);
    await turns();
    stage.streams[0]?.tell(6, 'revision.completed', { status: 'completed', revision: 2, chunkCount: 2 });
    await expect(end).resolves.toMatchObject({ chunkCount: 2 });
    await news.close();
  });

  it('go on after a break from the last event, and are asked after where nothing is heard', async () => {
    const stage = scene();
    const news = new DocumentNews(stage.client, stage.clock, undefined);
    await news.open(never);
    const { polled, settled } = following(stage, news);
    stage.streams[0]?.tell(7, 'document.progress', { percent: 50 });
    stage.streams[0]?.end();
    await turns();
    await stage.pass();
    expect(stage.asked).toEqual([undefined, '7']);
    const end = settled();
    await turns();
    expect(polled).toEqual([]);
    await stage.pass();
    await expect(end).resolves.toMatchObject({ chunkCount: 7 });
    expect(polled).toEqual(['x']);
    await news.close();
  });

  it('are asked after when the stream is refused, at first or after a break', async () => {
    const stage = scene();
    const news = new DocumentNews(stage.client, stage.clock, undefined);
    await news.open(never);
    const { polled, settled } = following(stage, news);
    const end = settled();
    stage.refuse();
    stage.streams[0]?.end();
    for (let tries = 0; news.isLive; tries += 1) {
      expect(tries).toBeLessThan(20);
      await stage.pass();
    }
    await stage.pass();
    await expect(end).resolves.toMatchObject({ status: 'completed' });
    expect(polled.length).toBeGreaterThan(0);
    const refused = new DocumentNews(stage.client, stage.clock, undefined);
    await refused.open(never);
    expect(refused.isLive).toBe(false);
  });
});
