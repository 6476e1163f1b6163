import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Logger } from '@nestjs/common';
import type { Dependency } from '@vectorlane/domain';
import {
  dependencyOf,
  ERROR_TRACKER,
  type ErrorTracker,
  Problem,
  type ProblemCode,
  problemType,
} from '@vectorlane/errors';
import type { Request, Response } from 'express';
import { refuseRestOfBody } from './refusal';
import { routeTemplate } from './route-template';

const OVERLOADED: ReadonlySet<ProblemCode> = new Set([
  'INGESTION_BUSY',
  'UPLOADS_BUSY',
  'BODY_TOO_SLOW',
  'STREAMS_BUSY',
]);

export interface ProblemAnswer {
  readonly status: number;
  /** Media type of the body. */
  readonly type: string;
  readonly body: object;
}

/**
 * The one place where an error becomes an answer: RFC 9457, with our stable code and the request's id. What is not
 * one of ours is logged with its stack, tracked for alerting and answered with a 500 that says nothing of the inside.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(@Inject(ERROR_TRACKER) private readonly errors: ErrorTracker) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = toProblem(error);
    this.log(problem, error);
    this.track(problem, error, request, response);
    if (response.headersSent) {
      // Too late for an answer: cutting the connection is the only honest sign that the body is not whole.
      response.destroy();
      return;
    }
    refuseRestOfBody(request, response);
    if (problem.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(problem.retryAfterSeconds));
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    const { status, type, body } = this.answer(problem, request, response);
    response.status(status).type(type).send(JSON.stringify(body));
  }

  /** How the problem is told. */
  protected answer(problem: Problem, _request: Request, response: Response): ProblemAnswer {
    return {
      status: problem.status,
      type: 'application/problem+json',
      body: {
        type: problemType(problem.code),
        title: problem.title,
        status: problem.status,
        detail: problem.detail,
        code: problem.code,
        requestId: response.locals['requestId'] as string | undefined,
        ...(problem.retryable && { retryable: true }),
      },
    };
  }

  /** What we refuse because there is too much of it is no error of ours, and has no stack worth a line of its own. */
  private log(problem: Problem, error: unknown): void {
    if (OVERLOADED.has(problem.code)) this.logger.warn({ code: problem.code }, problem.detail);
    else if (problem.status >= 500) {
      this.logger.error({ code: problem.code, err: problem.cause ?? error }, problem.detail);
    }
  }

  /** Errors of ours alone: a 503 is a refusal, whose cause is tracked where it is known, and so is all of `/ready`. */
  private track(problem: Problem, error: unknown, request: Request, response: Response): void {
    const route = routeTemplate(request);
    if (problem.status < 500 || problem.status === 503 || route === '/ready') return;
    const requestId = response.locals['requestId'] as string | undefined;
    this.errors.trackError('HTTP_INTERNAL_ERROR', {
      error: problem.cause ?? error,
      route: `${request.method} ${route}`,
      ...(requestId !== undefined && { requestId }),
    });
  }
}

const AWAY: Readonly<Record<Dependency, string>> = {
  database: 'The database does not answer, or takes no work. Try again in a few seconds.',
  redis: 'The queue does not answer. Try again in a few seconds.',
  embeddings: 'The embedding model does not answer. Try again in a few seconds.',
  'ai-worker': 'The AI worker does not answer. Try again in a few seconds.',
  disk: 'There is no space left on the disk. Try again when there is room.',
};

/** What a caller is told of an error, whatever it is. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const dependency = dependencyOf(error);
  if (dependency !== undefined) return new Problem('DEPENDENCY_UNAVAILABLE', AWAY[dependency], { cause: error });
  if (error instanceof HttpException) {
    if (error.getStatus() === 404)
      return new Problem('NOT_FOUND', 'There is no such route. The documentation is at /docs.');
    if (error.getStatus() < 500)
      return new Problem('INVALID_REQUEST', 'The request could not be read.', { cause: error });
  }
  if (error instanceof URIError)
    return new Problem('INVALID_REQUEST', 'The path is not validly encoded.', { cause: error });
  return new Problem('INTERNAL_ERROR', 'Something went wrong on our side. Quote the requestId when you report it.', {
    cause: error,
  });
}
