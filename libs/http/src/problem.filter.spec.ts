import { type ArgumentsHost, Logger } from '@nestjs/common';
import { NO_ERROR_TRACKER, Problem } from '@vectorlane/errors';
import { ProblemFilter } from './problem.filter';

beforeAll(() => Logger.overrideLogger(false));

/** What the filter answers to that error. */
function answerTo(error: unknown): { status: number; code: string; retryAfter: string | undefined } {
  const headers: Record<string, string> = {};
  const answer = { status: 0, body: '' };
  const response = {
    locals: {},
    headersSent: false,
    setHeader: (name: string, value: string) => (headers[name] = value),
    status: (status: number) => Object.assign(response, { ...((answer.status = status) && {}) }),
    type: () => response,
    send: (body: string) => (answer.body = body),
  };
  const request = { headers: {}, res: response, method: 'GET' };
  const host = { switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }) };
  new ProblemFilter(NO_ERROR_TRACKER).catch(error, host as unknown as ArgumentsHost);
  const { code } = JSON.parse(answer.body) as { code: string };
  return { status: answer.status, code, retryAfter: headers['Retry-After'] };
}

const withCode = (code: string): Error => Object.assign(new Error('server words'), { code });
const named = (name: string): Error => Object.assign(new Error('silence'), { name });

describe('a dependency that does not answer', () => {
  it.each([
    ['a refused connection', withCode('ECONNREFUSED')],
    ['a connection that was reset', withCode('ECONNRESET')],
    ['a server that shuts down', withCode('57P01')],
    ['a server whose other process crashed', withCode('57P02')],
    ['a server that is starting up', withCode('57P03')],
    ['a server with too many clients', withCode('53300')],
    ['a server that was demoted to read-only', withCode('25006')],
    ['a statement that was cancelled', withCode('57014')],
    ['a lock that somebody else holds', withCode('55P03')],
    ['a server whose disk is full', withCode('53100')],
    ['a full temporary folder', withCode('ENOSPC')],
    ['an answer that never came', named('DatabaseSilentError')],
    ['an engine inside that is gone', named('EngineError')],
    ['a connection that ended', new Error('Connection terminated unexpectedly')],
    ['a connection that ended before', new Error('Client has encountered a connection error and is not queryable')],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    ['a server that does not greet', new Error('timeout expired')],
    ['any of it inside of another error', new Error('query failed', { cause: withCode('ECONNREFUSED') })],
  ])('is 503 with Retry-After: %s', (_, error) => {
    expect(answerTo(error)).toEqual({ status: 503, code: 'DEPENDENCY_UNAVAILABLE', retryAfter: '5' });
  });
});

it.each([
  [new TypeError('cannot read it'), 500, 'INTERNAL_ERROR'],
  [withCode('23505'), 500, 'INTERNAL_ERROR'],
  [new Problem('NOT_FAILED', 'No.'), 409, 'NOT_FAILED'],
])('leaves %s what it is', (error, status, code) => {
  expect(answerTo(error)).toEqual({ status, code, retryAfter: undefined });
});

it.each(['UPLOADS_BUSY', 'BODY_TOO_SLOW'] as const)(
  'says of what there is too much of no more than a warning: %s',
  (code) => {
    const [warn, error] = (['warn', 'error'] as const).map((level) =>
      jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined),
    );
    answerTo(new Problem(code, 'Too much.'));
    expect(warn).toHaveBeenCalledWith({ code }, 'Too much.');
    expect(error).not.toHaveBeenCalled();
    jest.restoreAllMocks();
  },
);
