/** Reads a question and passages together, which a vector of each alone cannot: slower, and better at the first few. */
export interface Reranker {
  /**
   * @returns how well each passage answers the question, 0 to 1, in the order of the passages; nothing where that
   *   cannot be had in time, and the order that there is has to do
   * @throws the signal's reason when aborted
   */
  rate(question: string, passages: readonly string[], signal?: AbortSignal): Promise<readonly number[] | undefined>;
}

export const RERANKER = Symbol('RERANKER');

/** Where none is configured. */
export const NO_RERANKER: Reranker = { rate: () => Promise.resolve(undefined) };
