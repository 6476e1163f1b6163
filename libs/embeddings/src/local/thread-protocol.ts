import type { Pooling } from '@vectorlane/domain';

/** What the provider and its threads say to each other. */

/** Places in `ThreadData.marks`: 1 while the thread is inside native code; 1 once the process is about to end. */
export const IN_NATIVE_CODE = 0;
export const PROCESS_ENDS = 1;

export interface ThreadData {
  /** File of the weights, or the weights themselves, shared by all threads. */
  readonly weights: string | SharedArrayBuffer;
  readonly dimension: number;
  readonly pooling: Pooling;
  /** `IN_NATIVE_CODE` and `PROCESS_ENDS`, in memory that both sides see. */
  readonly marks: Int32Array<SharedArrayBuffer>;
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
