/** Look-ups a second that requests may cost before they are let in: of all together, and of one address. */
const PER_SECOND = 50;
const PER_SECOND_OF_ONE = 10;
const MOST_ADDRESSES = 10_000;

/**
 * Bounds what presented keys cost that nobody has verified lately. A flood of made-up keys gets so many look-ups and no
 * more; a request without a key costs none, so that a flood of those takes none away.
 */
export class LookupBudget {
  private second = Number.NEGATIVE_INFINITY;
  private spent = 0;
  private spentBy = new Map<string, number>();

  /** @param now monotonic milliseconds, for tests */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @returns whether this address may have one more look-up */
  spend(address: string): boolean {
    const second = Math.floor(this.now() / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.spent = 0;
      this.spentBy = new Map();
    }
    const spentByOne = this.spentBy.get(address) ?? 0;
    const isKnown = spentByOne > 0 || this.spentBy.size < MOST_ADDRESSES;
    if (this.spent >= PER_SECOND || spentByOne >= PER_SECOND_OF_ONE || !isKnown) return false;
    this.spent += 1;
    this.spentBy.set(address, spentByOne + 1);
    return true;
  }
}
