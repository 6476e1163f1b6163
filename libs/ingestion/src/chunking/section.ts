import type { TextBlock } from '@vectorlane/extraction';
import { samePath } from './heading-prefix';

/**
 * One section: the headings that open it and every block under the last of them. Chunks never cross its end. Reads
 * no further ahead in the blocks than it is asked, since a table may be one section of a million rows.
 */
export class Section {
  /** Index of the first block after the opening headings; equals `end` of a section that is headings alone. */
  readonly bodyIndex: number;
  private scanned: number;
  private closed: boolean;

  constructor(
    private readonly blocks: readonly TextBlock[],
    readonly first: number,
  ) {
    let next = first;
    let heading: TextBlock | undefined;
    for (let block = blocks[next]; block?.kind === 'heading' && isUnder(block, heading); block = blocks[next]) {
      heading = block;
      next++;
    }
    this.bodyIndex = next;
    const body = blocks[next];
    this.closed = body === undefined || body.kind === 'heading' || !isUnder(body, heading);
    this.scanned = this.closed ? next : next + 1;
  }

  /** Whether the block of this index belongs to the section. */
  includes(index: number): boolean {
    while (!this.closed && this.scanned <= index) this.scan();
    return index < this.scanned;
  }

  /** End of the section's last block that starts before `limit`; a block that starts before it may end behind it. */
  endBefore(limit: number): number {
    for (let next = this.blocks[this.scanned]; !this.closed && next !== undefined && next.start < limit;) {
      this.scan();
      next = this.blocks[this.scanned];
    }
    return this.blocks[this.scanned - 1]?.end ?? 0;
  }

  private scan(): void {
    const body = this.blocks[this.bodyIndex];
    const next = this.blocks[this.scanned];
    this.closed =
      body === undefined ||
      next === undefined ||
      next.kind === 'heading' ||
      !samePath(next.headingPath, body.headingPath);
    if (!this.closed) this.scanned++;
  }
}

/** Whether `block` stands under `heading`: a longer path with the heading's own path at its beginning. */
function isUnder(block: TextBlock, heading: TextBlock | undefined): boolean {
  if (heading === undefined) return true;
  const depth = heading.headingPath.length;
  return block.headingPath.length > depth && heading.headingPath.every((title, i) => title === block.headingPath[i]);
}
