/**
 * What the engine and its thread say to each other. Everything goes over the one port of the worker, so that the
 * thread sees a client leave before it sees the client that replaces it.
 */

export interface ThreadData {
  /** Folder of the cluster, made by PGlite when it is not there. */
  readonly clusterFolder: string;
  /** Whether a commit waits for the disk. */
  readonly durable: boolean;
  /**
   * [0] when the running batch began (monotonic ms, 0: none), [1] how long it may take (ms, 0: as long as it likes).
   */
  readonly batchClock: BigInt64Array;
}

export type ThreadRequest =
  | { readonly type: 'open'; readonly client: number }
  | { readonly type: 'chunk'; readonly client: number; readonly bytes: Uint8Array }
  /** The client said all it had to say. */
  | { readonly type: 'end'; readonly client: number }
  /** The client is gone in the middle of whatever it did. */
  | { readonly type: 'gone'; readonly client: number }
  | { readonly type: 'close' };

export type ThreadReply =
  | { readonly type: 'ready' }
  /** The thread has taken the last chunk and can take another. */
  | { readonly type: 'taken'; readonly client: number }
  | { readonly type: 'data'; readonly client: number; readonly bytes: Uint8Array; readonly taken: boolean }
  /** Nothing more will come for this client. */
  | { readonly type: 'ended'; readonly client: number }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly message: string };

/** Milliseconds on a clock that all threads of a process share and that nobody sets. */
export function monotonicMs(): bigint {
  return process.hrtime.bigint() / 1_000_000n;
}
