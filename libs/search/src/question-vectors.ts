import type { EmbeddingProvider, EmbeddingSpace } from '@vectorlane/embeddings';

/** Questions that are asked again are mostly asked soon; a vector of 384 numbers and its question take some 2 KB. */
const REMEMBERED = 1_000;

/**
 * Vectors of the latest questions, by question and by what makes vectors comparable. The one goes that was not asked
 * for longest.
 */
export class QuestionVectors {
  private readonly known = new Map<string, Float32Array>();

  constructor(private readonly most = REMEMBERED) {}

  get({ space }: Pick<EmbeddingProvider, 'space'>, question: string): Float32Array | undefined {
    const key = keyOf(space, question);
    const vector = this.known.get(key);
    if (vector === undefined) return undefined;
    // A map is in the order of insertion.
    this.known.delete(key);
    this.known.set(key, vector);
    return vector;
  }

  put({ space }: Pick<EmbeddingProvider, 'space'>, question: string, vector: Float32Array): void {
    const key = keyOf(space, question);
    this.known.delete(key);
    this.known.set(key, vector);
    if (this.known.size <= this.most) return;
    for (const oldest of this.known.keys()) {
      this.known.delete(oldest);
      return;
    }
  }
}

function keyOf({ model, weightsDigest, numberType, dimension, pooling }: EmbeddingSpace, question: string): string {
  return JSON.stringify([model, weightsDigest, numberType, dimension, pooling, question]);
}
