import { IngestionFailure } from '@vectorlane/errors';
import type { TextBlock } from './text-extractor';
import { cutText } from './text-normalisation';

/**
 * Bounds of what one file may turn into. A few bytes can stand for a block, and a block costs a hundred bytes in every
 * process it passes: without a bound a file within the upload limit could fill the memory of the whole program.
 */
export const MAX_BLOCKS = 1_000_000;
/** Code units of extracted text; tables repeat their header in each row, so text can be far longer than its file. */
export const MAX_TEXT_LENGTH = 64 * 1024 * 1024;
const MAX_TITLE_LENGTH = 300;

/** @throws IngestionFailure `TOO_LARGE` */
export function assertBlockCount(count: number): void {
  if (count <= MAX_BLOCKS) return;
  throw new IngestionFailure(
    'TOO_LARGE',
    `This file has more than ${MAX_BLOCKS.toLocaleString('en')} paragraphs, rows or records. Split it into smaller files.`,
  );
}

/** @throws IngestionFailure `TOO_LARGE` */
export function assertTextLength(length: number): void {
  if (length <= MAX_TEXT_LENGTH) return;
  throw new IngestionFailure('TOO_LARGE', 'The text of this file is too long. Split it into smaller files.');
}

/** The blocks of one document as they are found. */
export class BlockList {
  readonly blocks: TextBlock[] = [];

  /** @throws IngestionFailure `TOO_LARGE` */
  add(block: TextBlock): void {
    assertBlockCount(this.blocks.length + 1);
    this.blocks.push(block);
  }

  /** Moves the end of the last block outwards. */
  extendLast(end: number): void {
    const last = this.blocks.pop();
    if (last !== undefined) this.blocks.push({ ...last, end });
  }
}

/** Which headings stand above the place reached so far. */
export class HeadingTrail {
  private readonly open: { readonly level: number; readonly title: string }[] = [];
  private titles: readonly string[] = [];

  /** Titles above this place, outermost first. Blocks under the same headings share one array. */
  get path(): readonly string[] {
    return this.titles;
  }

  /**
   * Takes a heading in and gives the path above it, without its own title.
   * @param level 1 is outermost; a heading closes all that are not above its level
   * @param title plain text, cut to 300 code units
   */
  enter(level: number, title: string): readonly string[] {
    while ((this.open.at(-1)?.level ?? 0) >= level) this.open.pop();
    const above = this.open.map((heading) => heading.title);
    const plain = cutText(title.trim().replace(/\s+/g, ' '), MAX_TITLE_LENGTH);
    if (plain !== '') this.open.push({ level, title: plain });
    this.titles = plain === '' ? above : [...above, plain];
    return above;
  }
}
