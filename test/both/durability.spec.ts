import { setTimeout as delay } from 'node:timers/promises';
import { Deployment, workOf } from '../support/deployment';
import { EventReader, type ReadEvent } from '../support/event-reader';
import { eventually } from '../support/eventually';
import {
  type GeneratedDocument,
  generateDocuments,
  readDocument,
  type Reading,
  seededRandom,
} from '../support/ingestion-digest';
import { RevisedDocument } from '../support/revised-document';
import type { ServiceProcess } from '../support/service-process';
import { FULL_SIZE, sized } from '../support/sizes';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import { StandInWebhook } from '../support/stand-in-webhook';
import { onServer } from '../support/test-database';

/**
 * Nothing that was accepted is lost or doubled, whatever happens to the process that works on it. Each test compares
 * what readers see at the end with a quiet run over the same documents.
 */

const SETTINGS = {
  WEBHOOK_ALLOW_PRIVATE: 'true',
  INGESTION_LEASE_MS: '1000',
  RECONCILE_INTERVAL_MS: '200',
  FAST_LANE_CONCURRENCY: '2',
  // Small chunks: more batches, more moments between them, less waiting for the model.
  CHUNK_TOKENS: '128',
  CHUNK_OVERLAP_TOKENS: '16',
};
const WORDS_PER_CHUNK = 85;
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const KILLS = sized(2, 20);
const DOCUMENTS = sized(18, 200);
/** How long the endpoint takes for a text: kills find work in hand. At full size the kills hit the model inside. */
const EMBEDDING_MS = 10;
const UPLOADS_AT_ONCE = 3;
/** Only servers can have more than one process on them. */
const PROCESSES = onServer ? 2 : 1;
const COMPLETION_TIMEOUT_MS = sized(90_000, 600_000);

/** Where the process that works on a revision is killed; each commit takes some of them by its seed. */
const EVERY_STEP = [
  ...['adopt-before', 'adopt-during', 'adopt-after', 'claim-after', 'storeText-before', 'storeText-after'],
  ...['progress-before', 'progress-after', 'storeBatch-before', 'storeBatch-during', 'storeBatch-after'],
  ...['complete-before', 'complete-during', 'complete-after', 'sweepDocument-before', 'sweepDocument-after'],
];

/** What is uploaded: in the midst of kills, and, of twenty chunks each, where something happens during the work. */
const random = seededRandom(SEED);
const LARGE = 3;
let generated = 0;
const ALL = generateDocuments(random, DOCUMENTS + LARGE, {
  chunks: () => ((generated += 1) > DOCUMENTS ? 20 : 0.3 + random() * 5),
  wordsPerChunk: WORDS_PER_CHUNK,
});

const STEPS = FULL_SIZE ? Array.from({ length: 7 }, () => EVERY_STEP).flat() : seededPick(EVERY_STEP, 1);

const STEPS_IN_WORDS = FULL_SIZE ? `${STEPS.length} steps` : STEPS.join(', ');

/** @throws what it is given, unless that is the end of a connection */
function hasLostConnection(error: unknown): true {
  if (error instanceof TypeError) return true;
  throw error;
}

function seededPick<T>(all: readonly T[], count: number): T[] {
  return all
    .map((item) => ({ item, place: random() }))
    .toSorted((one, other) => one.place - other.place)
    .slice(0, count)
    .map(({ item }) => item);
}

/** Processes on one deployment that are killed and come back, and uploaders that do not mind. */
class MortalService {
  private readonly lives: Promise<ServiceProcess>[];
  private uploads = 0;
  /** Uploads whose connection a kill has cut. */
  cut = 0;

  private constructor(
    private readonly deployment: Deployment,
    first: readonly ServiceProcess[],
  ) {
    this.lives = first.map((service) => Promise.resolve(service));
  }

  static async start(deployment: Deployment, processes: number): Promise<MortalService> {
    const started: ServiceProcess[] = [];
    // One after the other: the first makes the database and the key.
    for (let index = 0; index < processes; index += 1) started.push(await deployment.start());
    return new MortalService(deployment, started);
  }

  /** The process that life number `turn` is about. */
  process(turn: number): Promise<ServiceProcess> {
    return this.lives[turn % this.lives.length]!;
  }

  async killAndRestart(turn: number): Promise<ServiceProcess> {
    const index = turn % this.lives.length;
    const victim = await this.lives[index]!;
    // Before the kill: a client that loses the connection finds the next one to wait for.
    this.lives[index] = victim.stop('SIGKILL').then(() => this.deployment.start());
    return this.lives[index];
  }

  /** To each process in turn. Tries again after a kill; an error while the process lives is an error. */
  async upload(document: GeneratedDocument): Promise<string> {
    const turn = (this.uploads += 1);
    for (;;) {
      const life = this.process(turn);
      const service = await life;
      try {
        return await this.deployment.upload(service, document);
      } catch (error) {
        if (life === this.process(turn)) throw error;
        this.cut += 1;
      }
    }
  }
}

let embeddings: StandInEmbeddings;
let open: Deployment[] = [];
beforeAll(async () => {
  embeddings = await StandInEmbeddings.start();
});
beforeEach(() => {
  embeddings.behaveAlways(({ input }) => ({ kind: 'held', until: delay(EMBEDDING_MS * input.length) }));
});
afterAll(() => embeddings.close());
afterEach(async () => {
  for (const deployment of open) await deployment.close();
  open = [];
}, 60_000);

// Each takes minutes of a processor: at each commit on the engines where more can go wrong, at full size on both.
const inside = FULL_SIZE || !onServer ? it : undefined;
const onServers = FULL_SIZE || onServer ? it : undefined;

describe(`durability (TEST_SEED=${SEED})`, () => {
  it(
    `loses and doubles nothing through ${KILLS} kills of ${PROCESSES === 1 ? 'the process' : `${PROCESSES} processes in turn`}`,
    async () => {
      const documents = ALL.slice(0, DOCUMENTS);
      const embedding = FULL_SIZE ? 'inside' : 'at the endpoint';
      const expected = await quietRun(documents, embedding);

      const deployment = await openDeployment(embedding);
      const service = await MortalService.start(deployment, PROCESSES);
      const accepted: Promise<string>[] = [];
      const portion = Math.ceil(DOCUMENTS / (KILLS + 1));
      let unfinished = 0;
      for (let life = 0; life <= KILLS; life += 1) {
        const living = await service.process(life);
        const first = accepted.length;
        for (const document of documents.slice(first, first + portion)) {
          const before = accepted.at(-UPLOADS_AT_ONCE) ?? Promise.resolve();
          const upload = before.then(() => service.upload(document));
          upload.catch(() => undefined); // told below
          accepted.push(upload);
        }
        if (life === KILLS) break;
        // By turns in the middle of the uploads and somewhere in the work behind them.
        await accepted[first + Math.floor(random() * Math.max(1, portion - UPLOADS_AT_ONCE))];
        if (life % 2 === 1) await delay(random() * 800);
        expect(living.child.exitCode).toBeNull();
        unfinished += (await deployment.list(await service.killAndRestart(life), 'pending,processing')).length;
      }
      const ids = await Promise.all(accepted);
      const last = await service.process(KILLS);
      const ended = await deployment.finished(last, COMPLETION_TIMEOUT_MS);

      // Every accepted document is there, once, and none paid for the kills with an attempt.
      expect(ended.map(({ id }) => id as string).sort()).toEqual([...ids].sort());
      expect(new Set(ids).size).toBe(DOCUMENTS);
      expect(ended.filter(({ status, attempts }) => status !== 'completed' || attempts !== 0)).toEqual([]);
      expect(whole(await readAll(deployment, last, documents))).toEqual(expected);
      for (let index = 0; index < PROCESSES; index += 1) {
        expect(await (await service.process(index)).stop()).toEqual({ code: 0, signal: null });
      }
      // The kills hit something: uploads, and work in hand, which another process may have finished before the next
      // start.
      const [{ interruptions }] = (await deployment.rows(
        'SELECT sum(interruptions)::int AS interruptions FROM documents',
      )) as [{ interruptions: number }];
      expect(unfinished + interruptions).toBeGreaterThan(0);
      expect(service.cut).toBeGreaterThan(0);
    },
    2 * COMPLETION_TIMEOUT_MS + KILLS * 20_000,
  );

  inside?.(
    'hands its documents back on a SIGTERM that cannot wait, and takes them up at the next start',
    async () => {
      const documents = ALL.slice(-LARGE);
      const expected = await quietRun(documents);

      const release = holdEmbeddings();
      const deployment = await openDeployment('at the endpoint', PATIENT);
      const first = await deployment.start({ SHUTDOWN_QUEUE_TIMEOUT_MS: '50' });
      for (const document of documents) await deployment.upload(first, document);
      await until('two documents are embedded', async () => {
        const processing = await deployment.list(first, 'processing');
        return processing.filter(({ stage }) => stage === 'embedding').length === 2;
      });
      expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null });

      const rows = await deployment.rows(
        `SELECT status, stage, percent, attempts, interruptions, lease_expires_at, visible_generation
         FROM documents ORDER BY status, id`,
      );
      const untouched = { stage: 'queued', percent: 0, attempts: 0, interruptions: 0, lease_expires_at: null };
      expect(rows).toEqual(
        ['pending', 'processing', 'processing'].map((status) => ({ ...untouched, status, visible_generation: null })),
      );
      release();

      const second = await deployment.start();
      const ended = await deployment.finished(second, COMPLETION_TIMEOUT_MS);
      expect(ended.map(({ status, attempts }) => [status, attempts])).toEqual(documents.map(() => ['completed', 0]));
      expect(whole(await readAll(deployment, second, documents))).toEqual(expected);
      expect(await second.stop()).toEqual({ code: 0, signal: null });
      expect(await deployment.rows('SELECT DISTINCT attempts, interruptions FROM documents')).toEqual([
        { attempts: 0, interruptions: 0 },
      ]);
    },
    180_000,
  );

  onServers?.(
    `shows the content before a revision or after it, and tells of each once, through kills at ${STEPS_IN_WORDS}`,
    async () => {
      const deployment = await openDeployment();
      const mortal = 'test/support/children/dies-at-a-step.cjs';
      let working = deployment.start({}, mortal);
      await working;
      // Where there can be two processes, the reader asks the one that lives on.
      const reading = onServer ? deployment.start({ ROLE: 'api' }) : undefined;
      const document = new RevisedDocument();
      const upload = async (filename: string, content = document.next()): Promise<string> =>
        deployment.upload(await working, { filename, content }, document.externalId);
      /** What a kill leaves is gone on with by the next process. */
      const died = async (): Promise<void> => {
        const { child } = await working;
        await until('it has killed itself', () => Promise.resolve(child.signalCode === 'SIGKILL'));
        working = deployment.start({}, mortal);
        await working;
      };
      const shown = (version: number) =>
        until(`version ${version} is shown`, () => Promise.resolve(document.newest >= version));

      await upload('first.txt');
      await deployment.finished(await working, COMPLETION_TIMEOUT_MS);
      const readers = document.read(async () => {
        const service = await (reading ?? working);
        return (path, body) => deployment.request(service, path, body);
      });
      await shown(0);
      const follower = new EventFollower(deployment);
      const following = follower.follow(() => working);
      // A call that a process was making when it died is made again after half a minute: that long no gate waits.
      const receiver = FULL_SIZE ? await StandInWebhook.start() : undefined;
      if (receiver) await deployment.request(await working, '/api/webhooks', { url: receiver.url });
      for (const step of STEPS) {
        const isUpload = step.startsWith('adopt');
        const content = document.next();
        const sent = upload(`${step}.txt`, content);
        // Another step may come before the answer has left.
        const isCut = await sent.then(() => false, hasLostConnection);
        if (isUpload) expect(isCut).toBe(true);
        await died();
        // The client of an upload that was cut sends it again.
        if (isCut) await upload('again.txt', content);
        await shown(document.lastVersion);
      }

      // A revision that fails leaves what is there, also where the process dies of it.
      await upload('fail-before.json', '[broken');
      await died();
      const failed = async () => (await deployment.list(await working))[0]?.pendingRevision?.status === 'failed';
      await until('the revision has failed', failed);
      expect(document.newest).toBe(document.lastVersion);
      // One that is on its way is replaced by the next, and is never seen.
      const release = holdEmbeddings();
      const replaced = document.lastVersion + 1;
      await upload('replaced.txt');
      await until('it is embedded', async () => {
        const [{ pendingRevision } = {}] = await deployment.list(await working);
        return pendingRevision?.stage === 'embedding';
      });
      await upload('last.txt');
      release();
      await shown(document.lastVersion);
      const last = document.answers['both'] ?? 0;
      await until('it was looked at again', () => Promise.resolve((document.answers['both'] ?? 0) > last + 1));
      document.stop();
      await readers;
      const events = await follower.all(await working);
      await following;
      if (receiver) await expectAllDelivered(receiver, events);

      expect(document.wrongs).toEqual([]);
      const versions = Array.from({ length: document.lastVersion + 1 }, (_, version) => version);
      expect([...document.shown].sort((a, b) => a - b)).toEqual(versions.filter((version) => version !== replaced));
      for (const service of [await working, ...(reading ? [await reading] : [])]) {
        expect(await service.stop()).toEqual({ code: 0, signal: null });
      }
      // Nothing is left of what was on its way.
      const left = `SELECT (SELECT count(*)::int FROM documents) AS documents, (SELECT count(*)::int FROM document_texts) AS texts,
                         (SELECT count(*)::int FROM chunks c LEFT JOIN visible_chunks v ON v.id = c.id WHERE v.id IS NULL) AS dead`;
      expect(await deployment.rows(left)).toEqual([{ documents: 1, texts: 1, dead: 0 }]);
    },
    STEPS.length * 60_000 + 240_000,
  );

  // Two processes on one database: only servers have that.
  if (onServer) {
    const moments = ['after the other has finished', 'while the other works on it'];
    it.each(sized(seededPick(moments, 1), moments))(
      'is taken over when it stalls, and changes nothing when it goes on %s',
      async (when) => {
        const documents = ALL.slice(-2);
        const expected = await quietRun(documents);

        const release = holdEmbeddings();
        const deployment = await openDeployment();
        const stalled = await deployment.start();
        for (const document of documents) await deployment.upload(stalled, document);
        await until('both documents are embedded', async () => {
          const processing = await deployment.list(stalled, 'processing');
          return processing.filter(({ stage }) => stage === 'embedding').length === 2;
        });
        stalled.child.kill('SIGSTOP');

        const other = await deployment.start();
        const generations = 'SELECT generation FROM documents WHERE generation > 1';
        await until('the other has claimed both', async () => (await deployment.rows(generations)).length === 2);
        if (when.startsWith('after')) {
          release();
          await deployment.finished(other, COMPLETION_TIMEOUT_MS);
        }
        stalled.child.kill('SIGCONT');
        await until(
          'the stalled one has noticed',
          () => Promise.resolve(stalled.output.split('the claim was lost').length === 3),
          () => workOf(stalled),
        );
        release();

        const ended = await deployment.finished(other, COMPLETION_TIMEOUT_MS);
        expect(ended.map(({ status, attempts }) => [status, attempts])).toEqual(documents.map(() => ['completed', 0]));
        for (const reader of [stalled, other]) {
          expect(whole(await readAll(deployment, reader, documents))).toEqual(expected);
          expect(await reader.stop()).toEqual({ code: 0, signal: null });
        }
      },
      240_000,
    );
  }
});

/** Follows all events through the deaths of the process that it hangs on, each time from the last one that it has. */
class EventFollower {
  private readonly numbers: number[] = [];
  private last = Infinity;

  constructor(private readonly deployment: Deployment) {}

  async follow(working: () => Promise<ServiceProcess>): Promise<void> {
    while ((this.numbers.at(-1) ?? 0) < this.last) {
      const reader = await this.open(await working(), this.numbers.at(-1) ?? 0);
      if (reader === undefined) continue;
      await eventually(() => reader.isOver || (reader.events.at(-1)?.id ?? 0) >= this.last, COMPLETION_TIMEOUT_MS * 10);
      this.numbers.push(...reader.events.map(({ id }) => id));
      reader.close();
    }
  }

  /** What has happened, as a stream from the beginning tells it; the one that was followed has told the same. */
  async all(service: ServiceProcess): Promise<readonly ReadEvent[]> {
    const reader = await this.open(service, 0);
    await eventually(() => (reader?.events.length ?? 0) > 0, 60_000);
    // Nothing happens any more: what is told now is all.
    let told = 0;
    await eventually(async () => {
      const before = told;
      told = reader?.events.length ?? 0;
      await delay(1_000);
      return told === before;
    }, 60_000);
    const events = reader?.events ?? [];
    reader?.close();
    this.last = events.at(-1)?.id ?? 0;
    await eventually(() => (this.numbers.at(-1) ?? 0) >= this.last, 60_000);
    expect(this.numbers).toEqual(events.map(({ id }) => id));
    return events;
  }

  private async open(service: ServiceProcess, lastEventId: number): Promise<EventReader | undefined> {
    try {
      return await EventReader.open(this.deployment.client(service), '/api/events', { lastEventId });
    } catch (error) {
      // The process is gone, or about to go.
      if (!(error instanceof TypeError)) throw error;
      await delay(20);
      return undefined;
    }
  }
}

/** Each event at least once, and for the first time in the order of the log. */
async function expectAllDelivered(receiver: StandInWebhook, events: readonly ReadEvent[]): Promise<void> {
  const told = events.filter(({ type }) => type !== 'document.progress').map(({ type, data }) => [type, data.at]);
  const firsts = (): string[][] => {
    const seen = new Map<string, string[]>();
    for (const { headers, text } of receiver.posts) {
      const { type, timestamp } = JSON.parse(text) as { type: string; timestamp: string };
      const id = String(headers['webhook-id']);
      if (!seen.has(id)) seen.set(id, [type, timestamp]);
    }
    return [...seen.values()];
  };
  const since = told.findIndex(([, at]) => at === firsts()[0]?.[1]);
  await eventually(() => firsts().length >= told.length - since, 180_000);
  expect(firsts()).toEqual(told.slice(since));
  await receiver.close();
}

/**
 * Nothing of a document is embedded until the returned function is called: what is to happen in the middle of the work
 * finds it. The single word by which a process learns the dimension at its start is answered.
 */
function holdEmbeddings(): () => void {
  let release = (): void => undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  embeddings.behaveAlways(({ input }) => (input.some((text) => text.includes(' ')) ? { kind: 'held', until } : WELL));
  return release;
}

const WELL = { kind: 'well' } as const;

type Embedding = 'at the endpoint' | 'inside';
const quietRuns = new Map<Embedding, Promise<Record<string, string>>>();

/** A process that the machine lets stand still for a second has lost its documents to the reconciler otherwise. */
const PATIENT = { INGESTION_LEASE_MS: '20000' };

async function openDeployment(
  embedding: Embedding = 'at the endpoint',
  settings: Record<string, string> = {},
): Promise<Deployment> {
  const endpoint = embedding === 'inside' ? {} : embeddings.settings;
  const deployment = await Deployment.open({ ...endpoint, ...SETTINGS, ...settings });
  open.push(deployment);
  return deployment;
}

/** What readers see of each document, by file name. */
async function readAll(
  deployment: Deployment,
  service: ServiceProcess,
  documents: readonly GeneratedDocument[],
): Promise<Record<string, Reading>> {
  const ids = new Map((await deployment.list(service)).map(({ filename, id }) => [filename as string, id as string]));
  const readings: Record<string, Reading> = {};
  for (const { filename, marker } of documents) {
    const request = (path: string, body?: object): Promise<Response> => deployment.request(service, path, body);
    readings[filename] = await readDocument(request, ids.get(filename) ?? 'none', marker);
  }
  return readings;
}

/** The same documents with nothing going wrong. */
async function quietRun(
  documents: readonly GeneratedDocument[],
  embedding: Embedding = 'at the endpoint',
): Promise<Record<string, string>> {
  const run = quietRuns.get(embedding) ?? quietRunOfAll(embedding);
  quietRuns.set(embedding, run);
  const digests = await run;
  return Object.fromEntries(documents.map(({ filename }) => [filename, digests[filename] ?? 'none']));
}

async function quietRunOfAll(embedding: Embedding): Promise<Record<string, string>> {
  const deployment = await openDeployment(embedding);
  const service = await deployment.start();
  for (const document of ALL) await deployment.upload(service, document);
  await deployment.finished(service, COMPLETION_TIMEOUT_MS);
  const readings = await readAll(deployment, service, ALL);
  await service.stop();
  return whole(readings);
}

/** Digests by file name, of documents with no gap and no double in them that search finds. */
function whole(readings: Record<string, Reading>): Record<string, string> {
  for (const { ordinals, hits } of Object.values(readings)) {
    expect(ordinals).toEqual(ordinals.map((_, index) => index));
    expect(ordinals.length).toBeGreaterThan(0);
    expect(hits).toBeGreaterThan(0);
  }
  return Object.fromEntries(Object.entries(readings).map(([filename, { digest }]) => [filename, digest]));
}

async function until(what: string, holds: () => Promise<boolean>, detail = (): string => ''): Promise<void> {
  await eventually(holds, COMPLETION_TIMEOUT_MS).catch((cause: unknown) => {
    throw new Error(`Waited in vain until ${what}. ${detail()}`, { cause });
  });
}
