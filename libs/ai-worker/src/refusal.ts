import { IngestionFailure, type IngestionFailureCode } from '@vectorlane/errors';
import type { HttpReply } from '@vectorlane/endpoint';
import type { components } from './ai-worker-contract';

type ProblemDocument = components['schemas']['ProblemDocument'];

/** What an answer that is not 200 means: a judgement of the file, or trouble that says nothing of it. */
export type Refusal =
  | { readonly kind: 'judgement'; readonly failure: IngestionFailure }
  /** May pass by itself. */
  | { readonly kind: 'transient'; readonly reason: string }
  /** The worker asks to wait. */
  | { readonly kind: 'busy'; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** Will be the same until an operator does something. */
  | { readonly kind: 'final'; readonly reason: string };

const JUDGEMENT_STATUSES: ReadonlySet<number> = new Set([413, 415, 422]);
const JUDGEMENTS: readonly IngestionFailureCode[] = [
  'UNSUPPORTED_FORMAT',
  'CORRUPT_FILE',
  'PASSWORD_PROTECTED',
  'EMPTY_CONTENT',
  'NEEDS_OCR',
  'TOO_LARGE',
  'TIMEOUT',
  'PARSER_CRASHED',
];
const MAX_DETAIL_LENGTH = 500;

export function readRefusal({ status, body, retryAfterMs }: HttpReply): Refusal {
  if (JUDGEMENT_STATUSES.has(status)) {
    const { code, detail } = readProblem(body);
    const judgement = JUDGEMENTS.find((known) => known === code);
    // Of another program's 413, a proxy's for example, nobody knows what it is about.
    if (judgement === undefined) return { kind: 'final', reason: `answered ${status} without a code of the contract` };
    return {
      kind: 'judgement',
      failure: new IngestionFailure(judgement, detail ?? 'The AI worker refuses this file.'),
    };
  }
  const reason = `answered ${status}`;
  if (status === 429 || (status >= 500 && retryAfterMs !== undefined)) return { kind: 'busy', reason, retryAfterMs };
  if (status >= 500 || status === 408) return { kind: 'transient', reason };
  if (status === 401) return { kind: 'final', reason: `${reason}: it does not know our AI_WORKER_TOKEN` };
  return { kind: 'final', reason };
}

/** Shown to users as the worker words it, which never quotes a document; on one line and cut all the same. */
function readProblem(body: Buffer): { code?: string; detail?: string } {
  let problem: Partial<Record<keyof ProblemDocument, unknown>>;
  try {
    problem = Object(JSON.parse(body.toString('utf8'))) as typeof problem;
  } catch {
    return {};
  }
  const { code, detail } = problem;
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof detail === 'string' &&
      detail.trim() !== '' && {
        detail: detail
          .replace(/[\s\p{Cc}]+/gu, ' ')
          .slice(0, MAX_DETAIL_LENGTH)
          .toWellFormed(),
      }),
  };
}
