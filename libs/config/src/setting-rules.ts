import type { z } from 'zod';

const ONLY_WITH_ENDPOINT = [
  'EMBEDDING_API_KEY',
  'EMBEDDING_API_MODEL',
  'EMBEDDING_API_REVISION',
  'EMBEDDING_API_DIMENSIONS',
  'EMBEDDING_QUERY_PREFIX',
  'EMBEDDING_PASSAGE_PREFIX',
] as const;

type MayBeSet =
  | (typeof ONLY_WITH_ENDPOINT)[number]
  | ('DATABASE_URL' | 'REDIS_URL' | 'AI_WORKER_URL' | 'AI_WORKER_TOKEN' | 'EMBEDDING_API_URL')
  | ('EMBEDDING_MODEL_PATH' | 'RERANK_API_URL' | 'RERANK_API_KEY' | 'RERANK_API_MODEL');
type Together = Readonly<Partial<Record<MayBeSet, string | number | undefined>>> &
  Readonly<Record<'CHUNK_TOKENS' | 'CHUNK_OVERLAP_TOKENS', number>>;

/** Which settings go together and which exclude each other. */
export function checkTogether(settings: Together, context: z.RefinementCtx): void {
  if ((settings.DATABASE_URL === undefined) !== (settings.REDIS_URL === undefined)) {
    const missing = settings.DATABASE_URL === undefined ? 'DATABASE_URL' : 'REDIS_URL';
    context.addIssue({
      code: 'custom',
      path: [missing],
      message:
        'DATABASE_URL and REDIS_URL go together: set both for servers of your own, or neither to run them inside',
    });
  }
  if ((settings.AI_WORKER_URL === undefined) !== (settings.AI_WORKER_TOKEN === undefined)) {
    context.addIssue({
      code: 'custom',
      path: [settings.AI_WORKER_URL === undefined ? 'AI_WORKER_URL' : 'AI_WORKER_TOKEN'],
      message: 'AI_WORKER_URL and AI_WORKER_TOKEN go together: set both, or neither to do without the AI worker',
    });
  }
  if (settings.EMBEDDING_API_URL === undefined) {
    for (const name of ONLY_WITH_ENDPOINT) {
      if (settings[name] === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'has no effect without EMBEDDING_API_URL: set that too',
      });
    }
  } else {
    if (settings.EMBEDDING_API_MODEL === undefined) {
      const message = 'EMBEDDING_API_URL goes with it: set the name of the model as the endpoint knows it';
      context.addIssue({ code: 'custom', path: ['EMBEDDING_API_MODEL'], message });
    }
    if (settings.EMBEDDING_MODEL_PATH !== undefined) {
      const message = 'vectors come from one model: set either this or EMBEDDING_API_URL';
      context.addIssue({ code: 'custom', path: ['EMBEDDING_MODEL_PATH'], message });
    }
  }
  if (settings.RERANK_API_URL === undefined) {
    for (const name of ['RERANK_API_KEY', 'RERANK_API_MODEL'] as const) {
      if (settings[name] === undefined) continue;
      const message = 'has no effect without RERANK_API_URL: set that too';
      context.addIssue({ code: 'custom', path: [name], message });
    }
  }
  if (settings.CHUNK_OVERLAP_TOKENS * 2 > settings.CHUNK_TOKENS) {
    context.addIssue({
      code: 'custom',
      path: ['CHUNK_OVERLAP_TOKENS'],
      message: `must be at most half of CHUNK_TOKENS (${settings.CHUNK_TOKENS})`,
    });
  }
}
