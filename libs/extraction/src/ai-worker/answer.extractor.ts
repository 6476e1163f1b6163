import { BlockKind } from '@vectorlane/domain';
import { IngestionFailure } from '@vectorlane/errors';
import type { AiWorkerContract } from '@vectorlane/ai-worker';
import { z } from 'zod';
import { MAX_BLOCKS, MAX_TEXT_LENGTH } from '../block-list';
import type { ExtractedDocument, ExtractionSource, TextBlock, TextExtractor } from '../text-extractor';

type Answer = AiWorkerContract['schemas']['ExtractedDocument'];

/** Name under which a parser thread knows it; no upload has it. */
export const AI_WORKER_ANSWER = 'ai-worker-answer';

const MAX_TITLES = 64;
const MAX_TITLE_LENGTH = 300;
const position = z.number().int().min(0).max(MAX_TEXT_LENGTH);
const ordinal = z.number().int().min(1).max(1_000_000_000);

/** As far as it is used; what a newer worker says beside it does no harm. */
const answer = z.object({
  text: z.string().max(MAX_TEXT_LENGTH),
  blocks: z
    .array(
      z.object({
        kind: BlockKind,
        start: position,
        end: position,
        headingPath: z.array(z.string().max(MAX_TITLE_LENGTH)).max(MAX_TITLES),
        page: ordinal,
        row: ordinal.optional(),
      }),
    )
    .min(1)
    .max(MAX_BLOCKS),
});

type Holds<T extends true> = T;
type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;
/** Compiles as long as every answer that the contract allows is understood here. */
export type ContractIsUnderstood = Holds<Mutable<Answer> extends z.input<typeof answer> ? true : false>;

/**
 * The AI worker's answer, read like a file: tens of megabytes of JSON have no place on the main thread, and whatever
 * listens at that address may answer anything.
 */
export class AiWorkerAnswerExtractor implements TextExtractor {
  readonly format = AI_WORKER_ANSWER;
  readonly lane = 'fast';
  readonly extensions = [];
  readonly mediaTypes = [];

  /** @throws IngestionFailure `INTERNAL_ERROR` when it is none that the contract allows */
  extract({ bytes }: ExtractionSource): Promise<ExtractedDocument> {
    const parsed = answer.safeParse(jsonOf(bytes));
    if (!parsed.success) throw unreadable();
    const { text, blocks } = parsed.data;
    return Promise.resolve({ text, blocks: sharingPaths(blocks) });
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw unreadable();
  }
}

/** The message says nothing of the answer, in which a document stands. */
function unreadable(): IngestionFailure {
  return new IngestionFailure('INTERNAL_ERROR', 'The AI worker gave an answer that makes no sense.');
}

/** Blocks under the same headings share one array, as those of all other parsers do. */
function sharingPaths(blocks: z.infer<typeof answer>['blocks']): TextBlock[] {
  let last: readonly string[] = [];
  return blocks.map(({ headingPath, row, ...block }) => {
    const isSame = headingPath.length === last.length && headingPath.every((title, index) => title === last[index]);
    if (!isSame) last = headingPath;
    return { ...block, headingPath: last, ...(row !== undefined && { row }) };
  });
}
