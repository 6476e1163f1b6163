import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects all that nothing refers to, in the thread that calls it. V8 does so when its own heap has grown: what lies
 * outside of it, buffers and the memory of WebAssembly, stays as long as a process rests. Stops the thread for some
 * 50 ms: for moments when nobody waits.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  // What the first time ends, objects with memory behind them, the second one collects.
  for (let time = 1; time <= 2; time += 1) collect();
}
