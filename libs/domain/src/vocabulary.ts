import { z } from 'zod';

/**
 * The lists of the domain, each written once: the schema checks what comes in, its type is the TypeScript type, its
 * `options` are the metric labels and what the CLI offers. Two tests hold this: `vocabulary.spec.ts` finds a second
 * spelling in the sources, `test/both/database/vocabulary.spec.ts` compares the CHECK constraints of the database.
 */

/**
 * Lanes keep work of different weight apart: each is a queue of its own with its own concurrency, so that a 300-page
 * scan never holds up a text note. `fast` is parsed beside the queue worker, `heavy` in an isolated process.
 */
export const Lane = z.enum(['fast', 'heavy']);
export type Lane = z.infer<typeof Lane>;

/** A document leaves these by itself. */
export const UnfinishedStatus = z.enum(['pending', 'processing']);
export type UnfinishedStatus = z.infer<typeof UnfinishedStatus>;

/** A document stays in one of these until somebody asks for something. */
export const FinalStatus = z.enum(['completed', 'failed']);
export type FinalStatus = z.infer<typeof FinalStatus>;

/** Where a document stands, as its owner sees it. */
export const DocumentStatus = z.enum([...UnfinishedStatus.options, ...FinalStatus.options]);
export type DocumentStatus = z.infer<typeof DocumentStatus>;

/** The stages that do work and are timed, in the order they run. */
export const WorkStage = z.enum(['extracting', 'chunking', 'embedding']);
export type WorkStage = z.infer<typeof WorkStage>;

/** Where an ingestion is. */
export const Stage = z.enum(['queued', ...WorkStage.options, ...FinalStatus.options]);
export type Stage = z.infer<typeof Stage>;

/** What a document in work was found to hold, and what is done of it. */
export const WorkProgress = z.object({
  pages: z.int().nullable().meta({ description: 'null where the format has none.' }),
  chunks: z.int().nullable().meta({ description: 'null before the text was cut.' }),
  chunksDone: z.int(),
  etaMs: z
    .int()
    .nullable()
    .meta({ description: 'Milliseconds that the rest of the work will take, by what it took so far; null before.' }),
});
export type WorkProgress = z.infer<typeof WorkProgress>;

/** Milliseconds spent in each stage of the attempt that completed. */
export const StageTimings = z.object({
  extractingMs: z.number().exactOptional(),
  chunkingMs: z.number().exactOptional(),
  embeddingMs: z.number().exactOptional(),
  totalMs: z.number().exactOptional(),
}) satisfies z.ZodType<Partial<Record<`${WorkStage | 'total'}Ms`, number>>>;
export type StageTimings = z.infer<typeof StageTimings>;

/** States of a job in the queue, as BullMQ names them. */
export const JobState = z.enum(['waiting', 'active', 'delayed', 'completed', 'failed']);
export type JobState = z.infer<typeof JobState>;

/** Limits that a document whose bytes may be good can run into; each has a counter of its own. */
export const ExhaustedLimit = z.enum(['attempts', 'interruptions', 'parser_deaths']);
export type ExhaustedLimit = z.infer<typeof ExhaustedLimit>;

/** What a document may have to wait for: none of it is of the document's own making. */
export const Dependency = z.enum(['database', 'redis', 'embeddings', 'ai-worker', 'disk']);
export type Dependency = z.infer<typeof Dependency>;

/** What other bytes under the name of a document mean, where neither has an external id. */
export const OnDuplicate = z.enum([
  /** A further document. */
  'return',
  /** A refusal. */
  'reject',
  /** The next revision of that document. */
  'replace',
]);
export type OnDuplicate = z.infer<typeof OnDuplicate>;

/** Of a file as its owner has it, beside what is here of it. */
export const ManifestState = z.enum(['current', 'changed', 'missing']);
export type ManifestState = z.infer<typeof ManifestState>;

/** Where a delivery to a webhook stands. */
export const DeliveryStatus = z.enum(['pending', 'delivered', 'failed']);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

/** What is told of a document: to those who follow events, and to webhooks. */
export const EventType = z.enum([
  /** It is here, or has other bytes from now on, which will be its content. */
  'document.accepted',
  'document.progress',
  'document.completed',
  'document.failed',
  'document.deleted',
  /** Other bytes have become its content. */
  'revision.completed',
  /** Other bytes have not: the content is what it was. */
  'revision.failed',
]);
export type EventType = z.infer<typeof EventType>;

/** `vector` by meaning, `keyword` by words, `hybrid` by both. */
export const SearchMode = z.enum(['hybrid', 'vector', 'keyword']);
export type SearchMode = z.infer<typeof SearchMode>;

/** What takes no part in a search though its mode asks for it, and why. */
export const Degradation = z.enum([
  /** Meaning: the question has no vector. */
  'vector',
  /** … for the model does not read the letters it is written in. */
  'language',
]);
export type Degradation = z.infer<typeof Degradation>;

/** What an API key may do. */
export const Scope = z.enum(['read', 'write', 'admin']);
export type Scope = z.infer<typeof Scope>;

/** Number type in which a local model's weights are computed. */
export const NumberType = z.enum(['int8', 'fp32']);
export type NumberType = z.infer<typeof NumberType>;

/** How a local model's token vectors become one. */
export const Pooling = z.enum(['mean', 'cls']);
export type Pooling = z.infer<typeof Pooling>;

/** What a span of an extracted text is: the unit that chunking prefers not to break. */
export const BlockKind = z.enum(['heading', 'paragraph', 'list-item', 'code', 'row', 'record']);
export type BlockKind = z.infer<typeof BlockKind>;

/** Between the titles of a heading path, where it is shown, stored or embedded as one line. */
export const HEADING_SEPARATOR = ' > ';
