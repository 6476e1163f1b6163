import { AiWorkerClient, type AiWorkerOptions, UnreadableAnswerError } from '@vectorlane/ai-worker';
import { Logger } from '@nestjs/common';
import {
  answers,
  StandInAiWorker,
  status,
  refusalOf,
  type WorkerManner,
  WORKER_TOKEN,
} from '../../support/stand-in-ai-worker';

/** The client against a real server in all its moods. Waits between tries are noted and take no time. */
let worker: StandInAiWorker;
let waits: number[];
const opened: AiWorkerClient[] = [];
const never = new AbortController().signal;

beforeAll(() => Logger.overrideLogger(false));
beforeEach(async () => {
  worker = await StandInAiWorker.start();
  waits = [];
});
afterEach(async () => {
  opened.splice(0).forEach((client) => client.close());
  await worker.close();
});

function open(options: Partial<AiWorkerOptions> = {}): AiWorkerClient {
  const client = new AiWorkerClient({
    baseUrl: `http://127.0.0.1:${worker.port}`,
    token: WORKER_TOKEN,
    concurrency: 2,
    extractionTimeoutMs: 30_000,
    maxWaitMs: 60_000,
    timing: { wait: (ms) => Promise.resolve(waits.push(ms)), random: () => 1 },
    ...options,
  });
  opened.push(client);
  return client;
}

const read = (answer: Uint8Array): Promise<string> => {
  try {
    const { pages } = JSON.parse(Buffer.from(answer).toString('utf8')) as { pages: { words: { text: string }[] }[] };
    return Promise.resolve(pages.flatMap(({ words }) => words.map(({ text }) => text)).join(' '));
  } catch {
    // Said below.
  }
  return Promise.reject(new UnreadableAnswerError('gave an answer that makes no sense'));
};
const ask = (client: AiWorkerClient, patient = false, signal = never): Promise<string> =>
  client.recognise({ format: 'pdf', bytes: Buffer.from('%PDF-1.7'), patient, read }, signal);

describe('a document', () => {
  it('is sent with the token and its format, and its text comes back', async () => {
    expect(await ask(open())).toBe(worker.text);
    const [probe, sent] = worker.requests;
    expect(probe).toMatchObject({ method: 'GET', path: '/ready' });
    // Probes are open; a token has nothing to do there.
    expect(probe?.headers.authorization).toBeUndefined();
    expect(sent).toMatchObject({ method: 'POST', path: '/v1/recognise?format=pdf', body: Buffer.from('%PDF-1.7') });
    expect(sent?.headers).toMatchObject({
      authorization: `Bearer ${WORKER_TOKEN}`,
      'content-type': 'application/octet-stream',
    });
  });

  it('is asked for by its pages, as ranges', async () => {
    const pages = [1, 2, 3, 5, 9, 10];
    await open().recognise({ format: 'pdf', bytes: Buffer.from('%PDF-1.7'), pages, patient: false, read }, never);
    expect(worker.documents.map(({ path }) => path)).toEqual(['/v1/recognise?format=pdf&pages=1-3%2C5%2C9-10']);
  });

  it.each([
    ['UNSUPPORTED_FORMAT', 415, false],
    ['TOO_LARGE', 413, false],
    ['TOO_LARGE', 422, false],
    ['CORRUPT_FILE', 422, false],
    ['PASSWORD_PROTECTED', 422, false],
    ['EMPTY_CONTENT', 422, false],
    ['NEEDS_OCR', 422, false],
    ['TIMEOUT', 422, true],
    ['PARSER_CRASHED', 422, true],
  ])('is told %s (%i) at once, and is not sent again', async (code, withStatus, transient) => {
    worker.behaveAlways(refusalOf(code, withStatus));
    const failure = { name: 'IngestionFailure', code, transient, message: `The worker says ${code}.` };
    await expect(ask(open(), true)).rejects.toMatchObject(failure);
    expect(worker.documents).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  it('is too large when its text is', async () => {
    worker.behaveAlways({ kind: 'endless' });
    await expect(ask(open())).rejects.toMatchObject({ name: 'IngestionFailure', code: 'TOO_LARGE' });
    expect(worker.documents).toHaveLength(1);
  }, 60_000);
});

describe('trouble that may pass', () => {
  const transient: [string, WorkerManner][] = [
    ['500', status(500)],
    ['502', status(502)],
    ['408', status(408)],
    ['a lost connection', { kind: 'reset' }],
    ['an answer that breaks off', { kind: 'close-early' }],
    ['an answer that is no JSON', answers('<html>')],
    ['an answer of another shape', answers({ texts: [] })],
  ];
  it.each(transient)('%s: asked again, with growing waits', async (_, manner) => {
    worker.behave(manner, manner);
    expect(await ask(open())).toBe(worker.text);
    expect(waits).toEqual([500, 1_000]);
  });

  it.each(transient)('%s for ever: given up after three tries where there is another way', async (_, manner) => {
    worker.behaveAlways(manner);
    await expect(ask(open())).rejects.toMatchObject({ name: 'AiWorkerAwayError', of: 'away' });
    expect(worker.documents).toHaveLength(3);
    expect(waits).toEqual([500, 1_000]);
  });

  it('is waited for up to the bound where there is no other way', async () => {
    worker.behaveAlways(status(500));
    await expect(ask(open({ maxWaitMs: 20_000 }), true)).rejects.toMatchObject({ of: 'away' });
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  it('a worker that is gone takes no document, and is found when it is back', async () => {
    const { port } = worker;
    const client = open({
      timing: {
        random: () => 1,
        wait: async (ms) => {
          waits.push(ms);
          if (waits.length === 2) worker = await StandInAiWorker.start(port);
        },
      },
    });
    await worker.close();
    expect(await ask(client)).toBe('The lighthouse keeper polishes the brass lantern every evening.');
    expect(waits).toEqual([500, 1_000]);
  });

  it.each([
    ['is starting', status(503)],
    ['answers nonsense to its probe', answers('ready')],
  ])('a worker that %s is sent nothing', async (_, probe) => {
    worker.probe = probe;
    await expect(ask(open())).rejects.toMatchObject({ of: 'away' });
    expect(worker.documents).toEqual([]);
  });
});

it('a worker that is frozen is found out by its probe, and sent nothing', async () => {
  worker.probe = { kind: 'hang' };
  await expect(ask(open({ probeTimeoutMs: 100 }))).rejects.toMatchObject({ of: 'away' });
  expect(worker.requests.map(({ path }) => path)).toEqual(['/ready', '/ready', '/ready']);
});

describe('a worker that is busy', () => {
  it('is left alone for as long as it asks, and that is no fault', async () => {
    worker.behave(...Array.from({ length: 5 }, () => status(429, { 'retry-after': '3' })));
    expect(await ask(open())).toBe(worker.text);
    expect(waits).toEqual([4_000, 4_000, 4_000, 4_000, 4_000]); // the time it named, and a second by chance
  });

  it('is given up when it asks for more than the bound', async () => {
    worker.behaveAlways(status(503, { 'retry-after': '40' }));
    await expect(ask(open())).rejects.toMatchObject({ of: 'busy', message: 'answered 503' });
    expect(waits).toEqual([41_000]);
  });

  it('that names no time is asked again with growing waits', async () => {
    worker.behave(status(429), status(429));
    expect(await ask(open())).toBe(worker.text);
    expect(waits).toEqual([500, 1_000]);
  });
});

describe('trouble that will not pass', () => {
  it.each([
    ['400', status(400), 'answered 400'],
    ['404', status(404), 'answered 404'],
    ['a redirect', status(302, { location: 'http://127.0.0.1:1/' }), 'answered 302'],
    ['a 413 of some proxy', status(413), 'answered 413 without a code of the contract'],
    ['a code that nobody knows', refusalOf('RIDDLE'), 'answered 422 without a code of the contract'],
  ])('%s: one try', async (_, manner, message) => {
    worker.behaveAlways(manner);
    await expect(ask(open(), true)).rejects.toMatchObject({ of: 'away', message });
    expect(worker.documents).toHaveLength(1);
  });

  it('a wrong token: one try, and the setting is named without its value', async () => {
    const token = 'another-token-0123456789abcdefghijkl';
    const error = await ask(open({ token }), true).catch((caught: Error) => caught);
    expect(error).toMatchObject({ of: 'away', message: expect.stringContaining('AI_WORKER_TOKEN') });
    expect(String(error)).not.toContain(token);
    expect(worker.documents).toHaveLength(1);
  });

  it('no answer in time: one try', async () => {
    worker.behaveAlways({ kind: 'hang' });
    await expect(ask(open({ extractionTimeoutMs: 300 }), true)).rejects.toMatchObject({ of: 'slow' });
    expect(worker.documents).toHaveLength(1);
  });
});

describe('a caller who leaves', () => {
  it.each([{ kind: 'hang' } as const, status(500)])('is answered with its own reason: %j', async (manner) => {
    worker.behaveAlways(manner);
    const leave = new AbortController();
    const reason = new Error('not wanted any more');
    const client = open({
      timing: {
        random: () => 1,
        wait: () => new Promise((_, reject) => leave.signal.addEventListener('abort', reject)),
      },
    });
    const asked = ask(client, true, leave.signal);
    asked.catch(() => undefined);
    while (worker.documents.length === 0) await new Promise((resolve) => setImmediate(resolve));
    leave.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  it('is told when the service shuts down', async () => {
    worker.behaveAlways({ kind: 'hang' });
    const client = open();
    const asked = ask(client);
    asked.catch(() => undefined);
    while (worker.documents.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.close();
    await expect(asked).rejects.toMatchObject({ name: 'AiWorkerAwayError', of: 'away' });
  });
});
