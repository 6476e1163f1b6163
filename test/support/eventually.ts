const FIRST_PAUSE_MS = 10;
/** So short that a state which lasts is seen, so long that many who wait leave the service time for its work. */
const LONGEST_PAUSE_MS = 100;
const GROWTH = 1.3;

/** A machine that has other work gets so many times as long, as do tests themselves (jest/one-realm.cjs). */
const PATIENCE = 3;

/** Waits until it is true. @throws Error after three times `timeoutMs`, or what the condition throws */
export async function eventually(condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + PATIENCE * timeoutMs;
  for (let pauseMs = FIRST_PAUSE_MS; !(await condition()); pauseMs = Math.min(pauseMs * GROWTH, LONGEST_PAUSE_MS)) {
    if (performance.now() > deadline)
      throw new Error(`Not true within ${PATIENCE * timeoutMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
