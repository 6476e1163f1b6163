import type { BlockKind } from '@vectorlane/domain';
import { assertBlockCount } from '../../block-list';
import type { BlockDraft } from '../../text-assembly';

/** A block of a document, before it has its place in the text. */
export interface DocxBlock {
  readonly kind: Exclude<BlockKind, 'record'>;
  readonly text: string;
  /** 1-based; counts from the breaks seen so far, whether or not they will be believed. */
  readonly page: number;
  /** Of a heading, 1 is outermost. */
  readonly level?: number;
  /** Of a list item: what stands before its text, and how deep it lies. */
  readonly bullet?: string;
  readonly depth?: number;
  /** Of a row: whether the table begins with it. */
  readonly first?: boolean;
  readonly headingPath?: readonly string[];
}

/** Longer than this is no title, but text in a heading's style. */
const MAX_HEADING_LENGTH = 300;
const MAX_DEPTH = 16;

/** @param before kind of the block before, which decides what stands between */
export function draftOf(block: DocxBlock, before: DocxBlock['kind'] | undefined): BlockDraft {
  const close = block.kind === 'row' ? block.first !== true : block.kind === before;
  const isTight = close && (block.kind === 'row' || block.kind === 'list-item' || block.kind === 'code');
  return {
    kind: block.kind,
    text: (block.bullet ?? '') + block.text,
    separator: isTight ? '\n' : '\n\n',
    ...(block.kind === 'list-item' && { indent: 2 * Math.min(Math.max(block.depth ?? 0, 0), MAX_DEPTH) }),
    ...(block.level !== undefined && { level: block.level }),
    ...(block.headingPath !== undefined && { headingPath: block.headingPath }),
  };
}

/** As a heading when it can be one. */
export function headingBlock(text: string, level: number, page: number): DocxBlock {
  const line = oneLine(text);
  return line.length <= MAX_HEADING_LENGTH
    ? { kind: 'heading', text: line, level, page }
    : { kind: 'paragraph', text, page };
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Blocks that wait for their place; bounded like those that have one. */
export class BlockQueue {
  private blocks: DocxBlock[] = [];

  get isEmpty(): boolean {
    return this.blocks.length === 0;
  }

  /** @throws IngestionFailure `TOO_LARGE` */
  push(block: DocxBlock): void {
    assertBlockCount(this.blocks.length + 1);
    this.blocks.push(block);
  }

  take(): readonly DocxBlock[] {
    const { blocks } = this;
    this.blocks = [];
    return blocks;
  }
}
