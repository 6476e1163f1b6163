import { z } from 'zod';

/** What a reranker is asked, and what it answers: the two shapes that servers speak. */
export type RerankKind = 'cohere' | 'tei';

export interface RerankQuestion {
  readonly model: string | undefined;
  readonly question: string;
  readonly passages: readonly string[];
}

interface RerankProtocol {
  /** Behind an address that names no version. */
  readonly path: string;
  readonly body: (asked: RerankQuestion) => object;
  /** Index and score of each passage. @throws ZodError */
  readonly read: (answer: unknown) => readonly (readonly [index: number, score: number])[];
}

const score = z.number().refine(Number.isFinite);
const index = z.int().min(0);
const cohereAnswer = z.object({ results: z.array(z.object({ index, relevance_score: score })) });
const teiAnswer = z.array(z.object({ index, score }));

export const PROTOCOLS: Readonly<Record<RerankKind, RerankProtocol>> = {
  /** Cohere's v2, as Jina, Voyage, vLLM, Infinity and LocalAI speak it too. */
  cohere: {
    path: '/v2/rerank',
    body: ({ model, question, passages }) => ({ model, query: question, documents: passages, top_n: passages.length }),
    read: (answer) => cohereAnswer.parse(answer).results.map((one) => [one.index, one.relevance_score]),
  },
  /** text-embeddings-inference. */
  tei: {
    path: '/rerank',
    body: ({ question, passages }) => ({ query: question, texts: passages, raw_scores: false, truncate: true }),
    read: (answer) => teiAnswer.parse(answer).map((one) => [one.index, one.score]),
  },
};

/**
 * Scores in the order of the passages, 0 to 1: logits, which some servers answer with, are brought there.
 * @throws Error where a passage has no score, or two
 */
export function scoresOf(pairs: readonly (readonly [index: number, score: number])[], passages: number): number[] {
  const scores = new Array<number | undefined>(passages).fill(undefined);
  for (const [at, value] of pairs) {
    if (at >= passages || scores[at] !== undefined) throw new Error('answered with a passage that was not asked for');
    scores[at] = value;
  }
  const all = scores.map((value) => {
    if (value === undefined) throw new Error('left a passage out');
    return value;
  });
  const areShares = all.every((value) => value >= 0 && value <= 1);
  return areShares ? all : all.map((value) => 1 / (1 + Math.exp(-value)));
}
