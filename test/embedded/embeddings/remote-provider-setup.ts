import { Logger } from '@nestjs/common';
import {
  RemoteEmbeddingProvider,
  type RemoteEmbeddingOptions,
} from '../../../libs/embeddings/src/remote/remote-embedding.provider';
import { bagOfWords, StandInEmbeddings, type EmbeddingsManner } from '../../support/stand-in-embeddings';

/** The provider against a real server in all its moods. Waits between tries are noted and take no time. */
export const KEY = 'sk-0123456789abcdefghijklmn';
export const UNAVAILABLE = { name: 'IngestionFailure', code: 'EMBEDDING_UNAVAILABLE', transient: true };

export interface RemoteProviderSetup {
  /** A fresh one for each test. */
  server: StandInEmbeddings;
  /** Milliseconds of each wait of providers with no timing of their own. */
  waits: number[];
  /** Closed after the test. */
  open(options?: Partial<RemoteEmbeddingOptions>): RemoteEmbeddingProvider;
}

/** Registers the hooks; its fields hold from the first test on. */
export function setUpRemoteProvider(): RemoteProviderSetup {
  const opened: RemoteEmbeddingProvider[] = [];
  const setup = { waits: [] as number[], open } as RemoteProviderSetup;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    setup.server = await StandInEmbeddings.start();
    setup.waits = [];
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((provider) => provider.close()));
    await setup.server.close();
  });

  function noWait(ms: number): Promise<void> {
    setup.waits.push(ms);
    return Promise.resolve();
  }

  function open(options: Partial<RemoteEmbeddingOptions> = {}): RemoteEmbeddingProvider {
    const provider = new RemoteEmbeddingProvider({
      baseUrl: setup.server.baseUrl,
      token: KEY,
      model: 'stand-in',
      dimension: 256,
      windowTokens: 512,
      chunkTokens: 256,
      batchTexts: 32,
      batchTokens: 8_192,
      concurrency: 4,
      requestTimeoutMs: 30_000,
      timeoutMs: 60_000,
      timing: { wait: noWait, random: () => 1 },
      ...options,
    });
    opened.push(provider);
    return provider;
  }
  return setup;
}

/** The vector that is expected for a text. */
export function normalised(text: string): Float32Array {
  const vector = bagOfWords(text, 256);
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (number) => number / length);
}

export function status(code: number, body = '{}', headers: Record<string, string> = {}): EmbeddingsManner {
  return { kind: 'status', status: code, body, headers };
}

export function changed(change: Extract<EmbeddingsManner, { kind: 'changed' }>['change']): EmbeddingsManner {
  return { kind: 'changed', change };
}

export function withVector(embedding: unknown[]): EmbeddingsManner {
  return changed((answer) => ({ ...answer, data: answer.data.map((entry) => ({ ...entry, embedding })) }));
}
