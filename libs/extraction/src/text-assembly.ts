import { type Position, positionOf } from '@vectorlane/domain';
import { assertTextLength, BlockList, HeadingTrail } from './block-list';
import type { ExtractedDocument, TextBlock } from './text-extractor';
import { normaliseText } from './text-normalisation';

const PARTS_PER_PIECE = 10_000;

/** One block of a text that is composed rather than served as it came. */
export interface BlockDraft extends Readonly<Position> {
  readonly kind: TextBlock['kind'];
  /** Any text; it is normalised and trimmed here, and left out when nothing remains. */
  readonly text: string;
  /** What stands between the block before and this one; an empty line unless told. */
  readonly separator?: '\n' | '\n\n';
  /** Spaces before the block, outside of it. */
  readonly indent?: number;
  /** 1 to 6, for a heading that titles what follows. */
  readonly level?: number;
  /** Instead of the path made of the headings so far. */
  readonly headingPath?: readonly string[];
}

/**
 * Composes a text from blocks and knows each one's position by construction. Each block is normalised by itself: white
 * space on both sides keeps canonical composition from crossing a border, so the whole is normalised too.
 */
export class TextAssembly {
  /** Text in pieces of some size, so that the many small strings it came in do not live until the end. */
  private readonly pieces: string[] = [];
  private parts: string[] = [];
  private readonly list = new BlockList();
  private readonly trail = new HeadingTrail();
  private length = 0;

  /** @throws IngestionFailure `TOO_LARGE` */
  add(draft: BlockDraft): void {
    const text = trimmed(normaliseText(draft.text), draft.kind);
    if (text === '') return;
    const gap = (this.length === 0 ? '' : (draft.separator ?? '\n\n')) + ' '.repeat(draft.indent ?? 0);
    const start = this.length + gap.length;
    this.length = start + text.length;
    assertTextLength(this.length);
    if (this.parts.push(gap, text) >= PARTS_PER_PIECE) this.joinParts();
    const above = draft.level === undefined ? this.trail.path : this.trail.enter(draft.level, text);
    this.list.add({
      kind: draft.kind,
      start,
      end: this.length,
      headingPath: draft.headingPath ?? above,
      ...positionOf(draft),
    });
  }

  finish(): ExtractedDocument {
    this.joinParts();
    return { text: this.pieces.join(''), blocks: this.list.blocks };
  }

  private joinParts(): void {
    this.pieces.push(this.parts.join(''));
    this.parts = [];
  }
}

/** Code keeps the indentation of its first line. */
function trimmed(text: string, kind: TextBlock['kind']): string {
  if (kind !== 'code') return text.trim();
  const first = text.search(/\S/);
  return first === -1 ? '' : text.slice(text.lastIndexOf('\n', first) + 1).trimEnd();
}
