import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dependencyErrorType, ERROR_TYPES, ingestionErrorType } from '@vectorlane/errors';
import { kindOf, runbookOf, thresholdOf } from './error-kinds';
import { ErrorTally } from './error-tally';

describe('ErrorTally', () => {
  it('counts by type and keeps the latest example', () => {
    let now = 1_000;
    const tally = ErrorTally.on(() => now);
    tally.trackError('HTTP_INTERNAL_ERROR', { message: 'first', requestId: 'a' });
    now = 2_000;
    tally.trackError('HTTP_INTERNAL_ERROR', { error: new TypeError('second'), requestId: 'b', route: 'GET /x' });
    tally.trackError(ingestionErrorType('TIMEOUT'));
    expect(tally.take()).toEqual([
      {
        errorType: 'HTTP_INTERNAL_ERROR',
        count: 2,
        lastAt: 2_000,
        example: { message: 'TypeError: second', requestId: 'b', route: 'GET /x' },
      },
      { errorType: 'INGESTION_TIMEOUT', count: 1, lastAt: 2_000, example: { message: 'no message' } },
    ]);
    expect(tally.take()).toEqual([]);
  });

  it('counts corrupt files, and pages nobody for them: they are their owner’s news', () => {
    const tally = new ErrorTally();
    const counted: string[] = [];
    tally.observe((errorType) => counted.push(errorType));
    for (const code of ['CORRUPT_FILE', 'NEEDS_OCR', 'TOO_LARGE', 'INTERNAL_ERROR'] as const) {
      tally.trackError(ingestionErrorType(code));
    }
    expect(counted).toHaveLength(4);
    expect(tally.take().map(({ errorType }) => errorType)).toEqual(['INGESTION_INTERNAL_ERROR']);
  });

  it('quotes no value that the database could not take, and no secret', () => {
    const tally = new ErrorTally();
    const refused = Object.assign(new Error('invalid input syntax for type uuid: "planted-value"'), { code: '22P02' });
    tally.trackError('HTTP_INTERNAL_ERROR', { error: new Error('no: invalid input', { cause: refused }) });
    tally.trackError('HTTP_INTERNAL_ERROR', { error: refused });
    expect(JSON.stringify(tally.take())).not.toContain('planted');
  });

  it('never throws, whatever it is given', () => {
    const tally = new ErrorTally();
    const trap = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('gotcha');
      },
    });
    const hostile: unknown[] = [trap, Symbol('s'), Object.create(null), null, 7n, () => undefined, new Proxy({}, {})];
    for (const error of hostile) tally.trackError('HTTP_INTERNAL_ERROR', { error });
    tally.trackError('HTTP_INTERNAL_ERROR', { message: 5 as unknown as string, requestId: {} as unknown as string });
    tally.trackError('HTTP_INTERNAL_ERROR', null as unknown as object);
    expect(tally.take()).toMatchObject([{ count: hostile.length + 2 }]);
  });

  it('holds little of a long message', () => {
    const tally = new ErrorTally();
    tally.trackError('HTTP_INTERNAL_ERROR', { message: 'x'.repeat(5_000_000), requestId: 'r'.repeat(5_000) });
    const [entry] = tally.take();
    expect(entry?.example.message.length).toBeLessThanOrEqual(16_384);
    expect(entry?.example.requestId?.length).toBeLessThanOrEqual(200);
  });

  it('counts unknown types together and names them in the example', () => {
    const tally = new ErrorTally();
    const call = tally.trackError.bind(tally) as (type: unknown) => void;
    for (const type of [
      'SOMETHING_ELSE',
      'dependency_redis',
      'x'.repeat(1_000),
      undefined,
      `DEPENDENCY_${'X'.repeat(41)}`,
    ])
      call(type);
    const [entry, ...others] = tally.take();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ errorType: 'UNKNOWN_ERROR', count: 5 });
    expect(entry?.example.message).toContain('[DEPENDENCY_XXX');
  });

  it('knows dependencies by name, up to a bound', () => {
    const tally = new ErrorTally();
    for (let index = 0; index < 100; index += 1) tally.trackError(dependencyErrorType(`shard-${index}`));
    const types = tally.take().map(({ errorType }) => errorType);
    expect(types).toHaveLength(33);
    expect(types).toContain('DEPENDENCY_SHARD_0');
    expect(types.at(-1)).toBe('UNKNOWN_ERROR');
  });

  it('tells its observer of what came before it too', () => {
    const tally = new ErrorTally();
    tally.trackError('SHUTDOWN_ERROR');
    tally.trackError('SHUTDOWN_ERROR');
    const seen: [string, number][] = [];
    tally.observe((type, count) => seen.push([type, count]));
    tally.trackError('UNCAUGHT_EXCEPTION');
    expect(seen).toEqual([
      ['SHUTDOWN_ERROR', 2],
      ['UNCAUGHT_EXCEPTION', 1],
    ]);
  });
});

describe('every error type', () => {
  const page = readFileSync(join(__dirname, '../../../docs/alerting.md'), 'utf8');
  const anchors = new Set(
    [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );

  it.each([...ERROR_TYPES, dependencyErrorType('redis'), 'TEST'])('%s has words and a place in the runbook', (type) => {
    const { meaning, action } = kindOf(type);
    expect(Math.min(meaning.length, action.length)).toBeGreaterThan(5);
    expect(anchors).toContain(runbookOf(type).split('#')[1]);
  });

  it('alerts at the threshold, a lost dependency at once', () => {
    expect(thresholdOf('HTTP_INTERNAL_ERROR', 5)).toBe(5);
    expect(thresholdOf('DEPENDENCY_REDIS', 5)).toBe(1);
  });
});
