/**
 * Counts the characters that code looks at, so that a test can hold it to linear cost without a clock. It stands on the
 * methods by which JavaScript reads strings: what a method has to look at is added up while `run` runs.
 */
export function countVisits(run: () => void): number {
  const stop = watchVisits();
  try {
    run();
  } finally {
    stop();
  }
  return stop();
}

/** @returns ends the count, and gives it */
function watchVisits(): () => number {
  let visits = 0;
  const restore: (() => void)[] = [];
  const watch = <T extends object>(
    owner: T,
    name: string & keyof T,
    cost: (of: string, args: unknown[], result: unknown) => number,
  ): void => {
    const original = owner[name] as (...args: unknown[]) => unknown;
    const watched = function (this: unknown, ...args: unknown[]): unknown {
      const result = original.apply(this, args);
      visits += cost(typeof this === 'string' ? this : '', args, result);
      return result;
    };
    Object.defineProperty(owner, name, { value: watched, configurable: true, writable: true });
    restore.push(() => Object.defineProperty(owner, name, { value: original, configurable: true, writable: true }));
  };
  const one = (): number => 1;
  const whole = (of: string): number => of.length;
  const produced = (_: string, __: unknown[], result: unknown): number =>
    typeof result === 'string' ? result.length : 1;
  for (const name of ['charCodeAt', 'charAt', 'codePointAt', 'at'] as const) watch(String.prototype, name, one);
  for (const name of ['slice', 'substring', 'padStart', 'repeat'] as const) watch(String.prototype, name, produced);
  for (const name of ['trim', 'trimEnd', 'trimStart', 'toLowerCase', 'normalize', 'split', 'replaceAll'] as const) {
    watch(String.prototype, name, whole);
  }
  watch(
    String.prototype,
    'indexOf',
    (of, [, from], at) =>
      ((at as number) < 0 ? of.length : (at as number)) - Math.min(Number(from ?? 0), of.length) + 1,
  );
  watch(
    String.prototype,
    'lastIndexOf',
    (of, [, from], at) => Math.min(Number(from ?? of.length), of.length) - Math.max(at as number, 0) + 1,
  );
  watch(String.prototype, 'includes', (of, [what], found) =>
    found === true ? of.indexOf(String(what)) + 1 : of.length,
  );
  // All of replace, match, matchAll, search, split and test go through exec.
  const exec = RegExp.prototype.exec;
  const watchedExec = function (this: RegExp, text: string): RegExpExecArray | null {
    const from = this.global || this.sticky ? this.lastIndex : 0;
    const found = exec.call(this, text);
    const reached = found === null ? (this.sticky ? from + 1 : text.length) : found.index + found[0].length;
    visits += Math.max(1, reached - from);
    return found;
  };
  Object.defineProperty(RegExp.prototype, 'exec', { value: watchedExec, configurable: true, writable: true });
  restore.push(() =>
    Object.defineProperty(RegExp.prototype, 'exec', { value: exec, configurable: true, writable: true }),
  );
  return () => {
    for (const undo of restore.splice(0).reverse()) undo();
    return visits;
  };
}

/** How many times the visits of a shape grow when the shape doubles; a linear reader stays at two. */
export function growth(run: (size: number) => void, size: number): number {
  const once = countVisits(() => run(size));
  return countVisits(() => run(2 * size)) / once;
}

/** The same for a reader that takes its time; nothing else may run meanwhile. */
export async function growthOf(run: (size: number) => Promise<unknown>, size: number): Promise<number> {
  const visits: number[] = [];
  for (const times of [1, 2]) {
    const stop = watchVisits();
    await run(times * size).finally(stop);
    visits.push(stop());
  }
  return (visits[1] ?? 0) / (visits[0] ?? 1);
}
