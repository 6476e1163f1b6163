import { Catch } from '@nestjs/common';
import type { Problem, ProblemCode } from '@vectorlane/errors';
import { type ProblemAnswer, ProblemFilter } from '@vectorlane/http';
import type { Request, Response } from 'express';

export const OPENAI_ROOT = '/openai';

/** Where OpenAI's interface answers otherwise than ours. */
const OTHERWISE: Partial<Record<ProblemCode, { readonly status?: number; readonly code: string }>> = {
  MISSING_API_KEY: { code: 'invalid_api_key' },
  INVALID_REQUEST: { code: 'invalid_value' },
  INVALID_MULTIPART: { code: 'invalid_multipart_form' },
  NOT_FOUND: { code: 'unknown_url' },
  COLLECTION_NOT_FOUND: { code: 'vector_store_not_found' },
  UNSUPPORTED_FORMAT: { status: 400, code: 'unsupported_file' },
  // A client would try a conflict again.
  DEFAULT_COLLECTION: { status: 400, code: 'default_collection' },
  TEXT_NOT_AVAILABLE: { status: 400, code: 'text_not_available' },
  INSUFFICIENT_SCOPE: { code: 'insufficient_permissions' },
  RATE_LIMITED: { code: 'rate_limit_exceeded' },
};

/** Refusals below `/openai` as OpenAI's clients know them, and all others as problem documents. */
@Catch()
export class ApiProblemFilter extends ProblemFilter {
  protected override answer(problem: Problem, request: Request, response: Response): ProblemAnswer {
    if (!isOpenAi(request.originalUrl)) return super.answer(problem, request, response);
    const { status = problem.status, code = problem.code.toLowerCase() } = OTHERWISE[problem.code] ?? {};
    const message = problem.code === 'NOT_FOUND' ? unknownUrl(request) : problem.detail;
    const error = { message, type: typeOf(status), param: problem.field ?? null, code };
    return { status, type: 'application/json', body: { error } };
  }
}

function isOpenAi(url: string): boolean {
  const [path = ''] = url.split('?', 1);
  return path === OPENAI_ROOT || path.startsWith(`${OPENAI_ROOT}/`);
}

function typeOf(status: number): string {
  if (status === 429) return 'requests';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

function unknownUrl({ method, path }: Request): string {
  return `Unknown request URL: ${method} ${path}. Served here are models, embeddings, files and vector stores.`;
}
