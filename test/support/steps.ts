import { type Profiler, Session } from 'node:inspector';

/**
 * Counts how often each block of JavaScript runs, of our own and of packages, as V8 counts it for coverage: what it
 * costs to read a file without a clock, where code looks at numbers and not at strings. What runs outside of
 * JavaScript is not counted, nor are blocks of what was loaded before: import this first.
 */
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
afterAll(() => session.disconnect());

/** @returns what has run since it was asked last */
function stepsTaken(): Promise<number> {
  return new Promise((resolve, reject) => {
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error === null) resolve(sumOf(result));
      else reject(error);
    });
  });
}

function sumOf(scripts: readonly Profiler.ScriptCoverage[]): number {
  let sum = 0;
  for (const { functions } of scripts) {
    for (const { ranges } of functions) for (const { count } of ranges) sum += count;
  }
  return sum;
}

async function stepsOf(run: () => Promise<unknown>): Promise<number> {
  await stepsTaken();
  await run();
  return stepsTaken();
}

/** How many times the steps of a shape grow when the shape doubles; nothing else may run meanwhile. */
export async function stepGrowth(run: (size: number) => Promise<unknown>, size: number): Promise<number> {
  const once = await stepsOf(() => run(size));
  return (await stepsOf(() => run(2 * size))) / once;
}
