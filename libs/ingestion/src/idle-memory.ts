import { collectGarbage } from '@vectorlane/time';

/** After so long without a document it is likely that nobody comes with the next one right now. */
const IDLE_MS = 10_000;
/** Less is not worth a pause. */
const GROWN_BYTES = 32 * 2 ** 20;

/**
 * Gives back what work on documents leaves in memory, once there is none: at rest V8 would keep it for good, a hundred
 * megabytes after large files.
 */
export class IdleMemory {
  private working = 0;
  private timer: NodeJS.Timeout | undefined;
  private atRest = 0;

  constructor(
    private readonly collect = collectGarbage,
    private readonly heldBytes = heapAndBuffers,
  ) {}

  async during<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.timer);
    this.working += 1;
    try {
      return await work();
    } finally {
      this.working -= 1;
      if (this.working === 0) this.timer = setTimeout(() => this.giveBack(), IDLE_MS).unref();
    }
  }

  private giveBack(): void {
    if (this.heldBytes() < this.atRest + GROWN_BYTES) return;
    this.collect();
    this.atRest = this.heldBytes();
  }
}

function heapAndBuffers(): number {
  const { heapTotal, external } = process.memoryUsage();
  return heapTotal + external;
}
