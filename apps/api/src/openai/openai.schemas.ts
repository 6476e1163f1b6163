import { DocumentCondition } from '@vectorlane/domain';
import { z } from 'zod';
import { atMost, someText, storableText } from '../storable-text';

/** What OpenAI's interface takes, with its names and its bounds. */

const MAX_PAIRS = 16;
const MAX_KEY = 64;
const MAX_VALUE = 512;
/** Most files of one request. */
const MAX_FILES = 500;
const MAX_FILTER_DEPTH = 6;

const fewPairs = (value: object): boolean => Object.keys(value).length <= MAX_PAIRS;
const TOO_MANY = { error: `must have at most ${MAX_PAIRS} pairs` };
const key = atMost(MAX_KEY, storableText().min(1));
const text = atMost(MAX_VALUE, storableText());

const metadata = z.record(key, text).refine(fewPairs, TOO_MANY);
export const attributes = z.record(key, z.union([text, z.number(), z.boolean()])).refine(fewPairs, TOO_MANY);

const tokens = z
  .strictObject({
    max_chunk_size_tokens: z.int().min(100).max(4_096),
    chunk_overlap_tokens: z.int().min(0),
  })
  .refine((sizes) => sizes.chunk_overlap_tokens * 2 <= sizes.max_chunk_size_tokens, {
    path: ['chunk_overlap_tokens'],
    error: 'must be at most half of max_chunk_size_tokens',
  });
const chunkingStrategy = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto') }),
  z.strictObject({ type: z.literal('static'), static: tokens }),
]);
export type ChunkingStrategy = z.output<typeof chunkingStrategy>;

const expiresAfter = z.strictObject({ anchor: z.literal('last_active_at'), days: z.int().min(1).max(365) });
const fileId = z.string().min(1).max(100);
const storeName = atMost(256, storableText());

export const createStore = z.strictObject({
  name: storeName.nullish(),
  description: atMost(1_000, storableText()).nullish(),
  file_ids: z.array(fileId).max(MAX_FILES).nullish(),
  chunking_strategy: chunkingStrategy.nullish(),
  expires_after: expiresAfter.nullish(),
  metadata: metadata.nullish(),
});

export const updateStore = z.strictObject({
  name: storeName.nullish(),
  expires_after: expiresAfter.nullish(),
  metadata: metadata.nullish(),
});

export const attachFile = z.strictObject({
  file_id: fileId,
  attributes: attributes.nullish(),
  chunking_strategy: chunkingStrategy.nullish(),
});
export type AttachFile = z.output<typeof attachFile>;

export const updateFile = z.strictObject({ attributes: attributes.nullable() });

export const createBatch = z
  .strictObject({
    file_ids: z.array(fileId).min(1).max(MAX_FILES).optional(),
    files: z.array(attachFile).min(1).max(MAX_FILES).optional(),
    attributes: attributes.nullish(),
    chunking_strategy: chunkingStrategy.nullish(),
  })
  .refine((batch) => (batch.file_ids === undefined) !== (batch.files === undefined), {
    path: ['file_ids'],
    error: 'give either file_ids or files',
  });

const order = z.enum(['asc', 'desc']).default('desc');
const anchor = z.string().min(1).max(100).exactOptional();
const limit = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual);
const page = { after: anchor, before: anchor, order, limit: limit(100, 20) };

export const storesQuery = z.strictObject(page);
export const storeFilesQuery = z.strictObject({
  ...page,
  filter: z.enum(['in_progress', 'completed', 'failed', 'cancelled']).optional(),
});
export type StoreFilesQuery = z.output<typeof storeFilesQuery>;
export const filesQuery = z.strictObject({ ...page, limit: limit(10_000, 10_000), purpose: text.optional() });

export const FilePurpose = z.enum(['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals']);
export const fileLifetime = z.coerce.number().int().min(3_600).max(2_592_000);

const COMPARISONS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin'];
const comparison = z.strictObject({ type: z.enum(COMPARISONS as [string, ...string[]]), key, value: z.unknown() });
const compound = z.strictObject({ type: z.enum(['and', 'or']), filters: z.array(z.unknown()) });

/** OpenAI's filters as our conditions: on attributes, which are the document's metadata. */
const filters = z.unknown().transform((value, context): DocumentCondition => {
  try {
    const parsed = DocumentCondition.safeParse(conditionOf(value, 0));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    context.issues.push({ code: 'custom', message: issue?.message ?? 'is no filter', input: value });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    context.issues.push({ code: 'custom', message: error.message, input: value });
  }
  return z.NEVER;
});

/** @throws RangeError in words for the caller */
function conditionOf(filter: unknown, depth: number): object {
  if (depth > MAX_FILTER_DEPTH) throw new RangeError('is nested too deeply');
  const several = compound.safeParse(filter);
  if (several.success) {
    const { type, filters: parts } = several.data;
    return { [type]: parts.map((part) => conditionOf(part, depth + 1)) };
  }
  const one = comparison.safeParse(filter);
  if (one.success) {
    const { type, key: name, value } = one.data;
    return { metadata: { [name]: { [type]: value } } };
  }
  throw new RangeError(
    `must be {type, key, value} with a type of ${COMPARISONS.join(', ')}, or {type, filters} with and, or`,
  );
}

const weight = z.number().min(0).max(1);
const query = someText(4_096);
export const searchStore = z.strictObject({
  query: z.union([query.transform((only) => [only]), z.array(query).min(1).max(10)]),
  filters: filters.nullish(),
  max_num_results: z.int().min(1).max(50).default(10),
  ranking_options: z
    .strictObject({
      ranker: z.enum(['none', 'auto', 'default-2024-11-15', 'default_2024_08_21']).nullish(),
      score_threshold: z.number().min(0).max(1).nullish(),
      hybrid_search: z
        .strictObject({ embedding_weight: weight, text_weight: weight })
        .refine((weights) => weights.embedding_weight + weights.text_weight > 0, { error: 'one weight must not be 0' })
        .nullish(),
    })
    .nullish(),
  rewrite_query: z.boolean().nullish(),
});
export type SearchStore = z.output<typeof searchStore>;

export const createEmbeddings = z.strictObject({
  input: z.union([z.string().transform((only) => [only]), z.array(z.string()).min(1).max(2_048)], {
    error: 'must be a text or a list of texts; lists of token ids are not taken',
  }),
  model: z.string().min(1).max(256),
  encoding_format: z.enum(['float', 'base64']).default('float'),
  dimensions: z.int().min(1).optional(),
  user: atMost(512, z.string()).optional(),
});
