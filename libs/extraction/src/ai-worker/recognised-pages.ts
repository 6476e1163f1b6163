import type { AiWorkerContract } from '@vectorlane/ai-worker';
import { IngestionFailure } from '@vectorlane/errors';
import { z } from 'zod';

/** What the AI worker has recognised, checked like a file: whatever listens at that address may answer anything. */

type Answer = AiWorkerContract['schemas']['RecognisedDocument'];

const MAX_WORD_LENGTH = 1_000;
const MAX_WORDS_OF_PAGE = 100_000;
const place = z.number().min(-1_000_000).max(1_000_000);

/** As far as it is used; what a newer worker says beside it does no harm. */
const recognised = z.object({
  pages: z
    .array(
      z.object({
        page: z.number().int().min(1).max(1_000_000),
        height: z.number().positive().max(1_000_000),
        words: z
          .array(
            z.object({
              text: z.string().max(MAX_WORD_LENGTH),
              x0: place,
              y0: place,
              x1: place,
              y1: place,
              line: z.number().int().min(0),
            }),
          )
          .max(MAX_WORDS_OF_PAGE),
      }),
    )
    .min(1)
    .max(100_000),
});

type Holds<T extends true> = T;
type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;
/** Compiles as long as every answer that the contract allows is understood here. */
export type ContractIsUnderstood = Holds<Mutable<Answer> extends z.input<typeof recognised> ? true : false>;

export type RecognisedPage = z.infer<typeof recognised>['pages'][number];
export type RecognisedWord = RecognisedPage['words'][number];

/** @throws IngestionFailure `INTERNAL_ERROR` when it is no answer that the contract allows; it quotes nothing of it */
export function readRecognised(answer: Uint8Array): readonly RecognisedPage[] {
  const parsed = recognised.safeParse(jsonOf(answer));
  if (parsed.success) return parsed.data.pages;
  throw new IngestionFailure('INTERNAL_ERROR', 'The AI worker gave an answer that makes no sense.');
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
