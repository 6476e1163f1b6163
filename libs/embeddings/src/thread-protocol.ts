/** What the provider and its threads say to each other: types alone, so that either side can import it. */

export interface ThreadData {
  /** File of the weights, or the weights themselves, shared by all threads. */
  readonly weights: string | SharedArrayBuffer;
  readonly dimension: number;
  readonly pooling: 'mean' | 'cls';
  /** One number, 1 while the thread is inside native code, in memory both sides see. */
  readonly inNativeCode: Int32Array<SharedArrayBuffer>;
}

export type ThreadRequest =
  /** One text at a time: ids with special tokens, in the order of the text. */
  | { readonly kind: 'text'; readonly ids: Int32Array }
  /** End after what is in hand. */
  | { readonly kind: 'stop' };

export type ThreadReply =
  /** Sent once, when the model has loaded and answered. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'vector'; readonly vector: Float32Array<ArrayBuffer> }
  /** The model refused this text; the thread goes on. */
  | { readonly kind: 'refused'; readonly reason: string };
