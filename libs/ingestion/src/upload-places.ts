import { Problem } from '@vectorlane/errors';
import { within } from '@vectorlane/time';

/** A burst of small files is over sooner than a caller would ask again. */
const WAIT_MS = 5_000;
const RETRY_AFTER_SECONDS = 2;
/** Who waits has sent no body yet and costs a connection: so many for each place. */
const WAITING_EACH = 8;

export type PlaceRefusal = 'busy' | 'key';

interface Waiting {
  readonly owner: string;
  readonly admit: () => void;
}

/**
 * How many uploads are under way at once, of all owners and of each: one has at most half of the places. Who finds none
 * waits a few seconds in the order of coming, his body unread; eight may wait for each place, an owner for half of
 * them.
 */
export class UploadPlaces {
  private readonly share: number;
  private taken = 0;
  private readonly takenBy = new Map<string, number>();
  private waiting: Waiting[] = [];

  constructor(
    private readonly places: number,
    private readonly onRefused: (reason: PlaceRefusal) => void,
  ) {
    this.share = Math.max(1, places >> 1);
  }

  /**
   * @returns leaves the place; to be called once
   * @throws Problem `UPLOADS_BUSY` after the wait, or at once where too many wait already
   */
  async take(owner: string): Promise<() => void> {
    if (!this.isFreeFor(owner)) await this.queueUp(owner);
    else this.occupy(owner);
    return () => {
      this.taken -= 1;
      const own = this.of(owner) - 1;
      if (own === 0) this.takenBy.delete(owner);
      else this.takenBy.set(owner, own);
      this.admit();
    };
  }

  private async queueUp(owner: string): Promise<void> {
    const own = this.waiting.filter((other) => other.owner === owner).length;
    const isFull = this.waiting.length >= WAITING_EACH * this.places || own >= WAITING_EACH * this.share;
    if (isFull) throw this.refusal(owner);
    let one: Waiting | undefined;
    const admitted = new Promise<void>((resolve) => {
      one = { owner, admit: resolve };
      this.waiting.push(one);
    });
    const late = (): Problem => {
      this.waiting = this.waiting.filter((other) => other !== one);
      return this.refusal(owner);
    };
    await within(admitted, { timeoutMs: WAIT_MS, late });
  }

  /** The place is taken here and not when the one who waited goes on: nobody may come in between. */
  private admit(): void {
    const next = this.waiting.find(({ owner }) => this.isFreeFor(owner));
    if (next === undefined) return;
    this.waiting = this.waiting.filter((other) => other !== next);
    this.occupy(next.owner);
    next.admit();
  }

  private occupy(owner: string): void {
    this.taken += 1;
    this.takenBy.set(owner, this.of(owner) + 1);
  }

  private isFreeFor(owner: string): boolean {
    return this.taken < this.places && this.of(owner) < this.share;
  }

  private of(owner: string): number {
    return this.takenBy.get(owner) ?? 0;
  }

  private refusal(owner: string): Problem {
    const reason = this.of(owner) >= this.share ? 'key' : 'busy';
    this.onRefused(reason);
    const detail =
      reason === 'busy' ? 'Too many uploads are under way.' : 'This key has half of all places for uploads already.';
    return new Problem('UPLOADS_BUSY', `${detail} Try again in a moment.`, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
}
