import { Logger } from '@nestjs/common';
import { loadConfig } from '@vectorlane/config';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EmbeddingProvider } from '../embedding-provider';
import type { LocalEmbeddingProvider } from './local-embedding.provider';
import { locateModel } from './model-files';
import { selectProvider } from '../provider-selection';

const MINI_LM = join(dirname(locateModel(undefined).folder), 'all-MiniLM-L6-v2');

async function openProvider(settings: Record<string, string>, shutdown: ShutdownSequence): Promise<EmbeddingProvider> {
  const provider = await selectProvider(loadConfig(settings), shutdown);
  await (provider as LocalEmbeddingProvider).onModuleInit();
  return provider;
}

const cosine = (left: Float32Array | undefined, right: Float32Array | undefined): number =>
  left === undefined || right === undefined
    ? NaN
    : left.reduce((sum, value, at) => sum + value * (right[at] ?? NaN), 0);

// Loading a model takes a second, on a machine with much else to do many.
jest.setTimeout(60_000);

let dataFolder: string;
beforeAll(async () => {
  Logger.overrideLogger(false);
  dataFolder = await mkdtemp(join(tmpdir(), 'local-model-'));
});
afterAll(() => rm(dataFolder, { recursive: true, force: true }));

/** The real models, in real threads: what the vectors mean, not how they are scheduled. */
describe.each([
  ['gte-small', 'int8', {}],
  ['gte-small', 'fp32', {}],
  ['all-MiniLM-L6-v2', 'int8', { EMBEDDING_MODEL_PATH: MINI_LM }],
  ['all-MiniLM-L6-v2', 'fp32', { EMBEDDING_MODEL_PATH: MINI_LM }],
])('the model %s in %s', (name, numberType, settings) => {
  let shutdown: ShutdownSequence;
  let provider: EmbeddingProvider;

  beforeAll(async () => {
    shutdown = new ShutdownSequence();
    provider = await openProvider({ ...settings, EMBEDDING_NUMBER_TYPE: numberType, DATA_DIR: dataFolder }, shutdown);
  });
  afterAll(async () => {
    await shutdown.beforeApplicationShutdown();
    expect(shutdown.failures).toBe(0);
  });

  it('tells what it reads', () => {
    const read = [
      'Fishing boats leave the harbour at dawn.',
      'Balıkçı tekneleri şafaktan önce limandan ayrılır, çünkü rüzgâr günün ilerleyen saatlerinde güçlenir.',
      'Thuyền đánh cá rời cảng trước bình minh khi gió nhẹ.',
      'for (let i = 0; i < n; i++) { a[i] = b[i] * c; x = f(y); }',
      'What does 潮汐 mean?',
      '12345 678, 9 %',
      '',
    ];
    const unread = [
      'Рыболовные суда покидают гавань до рассвета.',
      'Τα αλιευτικά σκάφη φεύγουν από το λιμάνι.',
      'تغادر قوارب الصيد الميناء قبل الفجر',
      'मछली पकड़ने वाली नावें भोर से पहले बंदरगाह छोड़ देती हैं।',
      'เรือประมงออกจากท่าเรือตอนเช้า',
      '值班人员每天记录风速。',
      '漁船は夜明け前に出港する。',
      '어선이 새벽에 항구에서 출발했다.',
    ];
    expect([...read, ...unread].filter((text) => provider.reads(text))).toEqual(read);
  });

  it('says what its vectors can be compared with', () => {
    expect(provider.space).toMatchObject({ model: name, numberType, dimension: 384, pooling: 'mean' });
    expect(provider.space.weightsDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(provider.windowTokens).toBe(512);
    expect(provider.specialTokens).toBe(2);
  });

  it('gives vectors of length 1, the same for the same text, alone or beside others', async () => {
    const texts = ['A cat sits on the mat.', '', 'x'.repeat(500), '中文字符', 'A cat sits on the mat.'];
    const vectors = await provider.embed(texts, 'passage');
    for (const vector of vectors) expect(cosine(vector, vector)).toBeCloseTo(1, 5);
    const [alone] = await provider.embed([texts[0] as string], 'query');
    expect(vectors[0]).toEqual(alone);
    expect(vectors[4]).toEqual(alone);
  });

  it('puts texts of one meaning closer together than others', async () => {
    const [question, answer, other] = await provider.embed(
      [
        'How do I reset my password?',
        'To choose a new passphrase, open the account page and follow the link in the e-mail.',
        'The wing of the aircraft is loaded by a shock wave at supersonic speed.',
      ],
      'passage',
    );
    expect(cosine(question, answer)).toBeGreaterThan(cosine(question, other) + 0.05);
    expect(cosine(question, answer)).toBeGreaterThan(cosine(answer, other) + 0.05);
  });

  it('reads a text up to its window and no further', async () => {
    const long = 'wing pressure distribution at supersonic speed '.repeat(200);
    const { starts, ends } = provider.tokenize(long);
    const cut = long.slice(0, ends[provider.windowTokens - provider.specialTokens - 1]);
    const shorter = long.slice(0, starts[100]);
    const [whole, asRead, part] = await provider.embed([long, cut, shorter], 'passage');
    expect(whole).toEqual(asRead);
    expect(cosine(whole, part)).toBeLessThan(0.9999);
  });
});

describe('int8', () => {
  const shutdown = new ShutdownSequence();
  afterAll(() => shutdown.beforeApplicationShutdown());

  const texts = [
    'An experimental study of a wing in a propeller slipstream was made.',
    'The boundary layer on a flat plate with a free stream of constant velocity gradient.',
    'How do I reset my password?',
    'Les documents sont découpés en passages, puis chaque passage devient un vecteur.',
    'x',
    'supersonic '.repeat(600),
  ];

  it('gives nearly the vectors of fp32, from a file or from memory', async () => {
    const common = { EMBEDDING_THREADS: '1', DATA_DIR: dataFolder };
    const fp32 = await openProvider({ ...common, EMBEDDING_NUMBER_TYPE: 'fp32' }, shutdown);
    const int8 = await openProvider(common, shutdown);
    await writeFile(join(dataFolder, 'file'), '');
    const inMemory = await openProvider({ ...common, DATA_DIR: join(dataFolder, 'file') }, shutdown);
    expect(int8.space).toEqual({ ...fp32.space, numberType: 'int8' });

    const [exact, fast, again] = await Promise.all([fp32, int8, inMemory].map((one) => one.embed(texts, 'passage')));
    texts.forEach((_, index) => expect(cosine(exact?.[index], fast?.[index])).toBeGreaterThan(0.99));
    expect(exact).not.toEqual(fast);
    expect(again).toEqual(fast);
  });
});
