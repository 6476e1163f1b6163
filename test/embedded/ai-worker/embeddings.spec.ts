import { Logger } from '@nestjs/common';
import { loadConfig } from '@vectorlane/config';
import { LogContext } from '@vectorlane/logging';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddingProvider } from '../../../libs/embeddings/src/embedding-provider';
import { locateModel, readModelFiles } from '../../../libs/embeddings/src/local/model-files';
import { selectProvider } from '../../../libs/embeddings/src/provider-selection';
import { WordPieceTokenizer } from '../../../libs/embeddings/src/tokenizer/wordpiece-tokenizer';
import { StandInAiWorker } from '../../support/stand-in-ai-worker';
import { StandInEmbeddings } from '../../support/stand-in-embeddings';

/** Vectors from the AI worker: which space they are of, how texts are counted, and what is not believed. */
const SPACE = {
  model: 'gte-small',
  weightsDigest: '398a29991324e0b383afa13375d681ced3079c83e097fb1ebd9290d7498523b3',
  numberType: 'fp32',
  dimension: 384,
  pooling: 'mean',
};
const UNAVAILABLE = { name: 'IngestionFailure', code: 'EMBEDDING_UNAVAILABLE' };

let worker: StandInAiWorker;
let shutdown: ShutdownSequence;

beforeAll(() => Logger.overrideLogger(false));
beforeEach(async () => {
  worker = await StandInAiWorker.start();
  shutdown = new ShutdownSequence();
});
afterEach(async () => {
  await shutdown.beforeApplicationShutdown();
  await worker.close();
});

const open = (settings: Record<string, string> = {}): Promise<EmbeddingProvider> =>
  selectProvider(loadConfig({ NODE_ENV: 'test', ...worker.settings, ...settings }), shutdown);
const inputs = (): string[] =>
  worker.requests
    .filter(({ path }) => path === '/v1/embeddings')
    .flatMap(({ body }) => (JSON.parse(body.toString('utf8')) as { input: string[] }).input);

it('are of the space of the local model in fp32, known before anybody has answered', async () => {
  const provider = await open();
  await worker.close();
  expect(provider).toMatchObject({ space: SPACE, windowTokens: 512, specialTokens: 2 });
});

it('come from weights that the worker pins to the same digests', () => {
  const source = readFileSync(
    join(__dirname, '../../../apps/ai-worker/src/vectorlane_ai_worker/embeddings/model_files.py'),
    'utf8',
  );
  const here = readFileSync(join(__dirname, '../../../libs/embeddings/src/local/model-files.ts'), 'utf8');
  const digests = source.match(/"[0-9a-f]{64}"/g)?.map((quoted) => quoted.slice(1, -1)) ?? [];
  expect(digests).toHaveLength(2);
  expect(digests).toContain(SPACE.weightsDigest);
  for (const digest of digests) expect(here).toContain(digest);
});

it('are counted by the tokenizer of the model', async () => {
  const provider = await open();
  const exact = new WordPieceTokenizer((await readModelFiles(locateModel(undefined))).tokenizer);
  const text = 'Antidisestablishmentarianism, naïve façades and 1,024 lanterns (Übergrößenträger).';
  const { count, starts, ends } = provider.tokenize(text);
  const expected = exact.tokenize(text);
  expect({ count, starts, ends }).toEqual({ count: expected.count, starts: expected.starts, ends: expected.ends });
});

it('are asked for with texts cut to the window, no shorter', async () => {
  const provider = await open();
  const words = 'keeper lantern '.repeat(600);
  await provider.embed([words], 'passage');
  const [sent = ''] = inputs();
  expect(provider.tokenize(sent).count).toBe(510);
  expect(words.startsWith(sent)).toBe(true);
});

it.each([
  ['of another dimension', (standIn: StandInAiWorker) => (standIn.dimension = 383)],
  ['of another model', (standIn: StandInAiWorker) => (standIn.model = 'all-MiniLM-L6-v2')],
])('are refused when they are %s', async (_, change) => {
  change(worker);
  const provider = await open();
  await expect(provider.embed(['lantern'], 'query')).rejects.toMatchObject(UNAVAILABLE);
});

it('carry the id of the request they are made for, and to nobody else', async () => {
  const provider = await open();
  const endpoint = await StandInEmbeddings.start(384);
  const foreign = await open({ EMBEDDING_API_URL: endpoint.baseUrl, EMBEDDING_API_MODEL: 'bag-of-words' });
  const log = new LogContext();
  try {
    await log.run({ requestId: 'request-7' }, async () => {
      await provider.embed(['lantern'], 'query');
      await foreign.embed(['lantern'], 'query');
      await log.run({ documentId: 'document-7', jobId: 'document-7-2' }, () => provider.embed(['wick'], 'passage'));
    });
  } finally {
    await endpoint.close();
  }
  const ids = worker.requests.map(({ headers }) => headers['x-request-id']);
  expect(ids).toEqual(['request-7', 'document-7-2']);
  expect(endpoint.requests[0]?.headers['x-request-id']).toBeUndefined();
});

it('come from elsewhere when that is asked for by name', async () => {
  const endpoint = {
    EMBEDDING_API_URL: 'http://127.0.0.1:9/v1',
    EMBEDDING_API_MODEL: 'x',
    EMBEDDING_API_DIMENSIONS: '3',
  };
  expect((await open(endpoint)).space).toMatchObject({ model: 'x', numberType: 'provider' });
  const folder = locateModel(undefined).folder;
  const local = await open({ EMBEDDING_MODEL_PATH: folder, EMBEDDING_NUMBER_TYPE: 'fp32' });
  expect(local.space).toEqual(SPACE);
  expect(worker.requests).toEqual([]);
});
