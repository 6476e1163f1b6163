import { IngestionFailure } from '@vectorlane/errors';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExtractedDocument, TextBlock } from './text-extractor';
import { isWhiteSpace, normaliseText } from './text-normalisation';

/** Last word on every extractor's result, so that what is stored and served holds what `ExtractedDocument` promises. */

/** Looked at in one go: a few milliseconds. */
const SLICE_LENGTH = 1024 * 1024;
const SLICE_BLOCKS = 20_000;

/**
 * Checks the promises of an extractor and repairs the one that is easily missed, normalisation. Gives the event loop a
 * turn every mebibyte of text.
 * @throws IngestionFailure `EMPTY_CONTENT` when there is nothing to read, `INTERNAL_ERROR` when blocks are out of order
 *   or leave something out
 */
export async function finishDocument(document: ExtractedDocument): Promise<ExtractedDocument> {
  if (document.blocks.length === 0 && document.text.trim() === '') {
    throw new IngestionFailure('EMPTY_CONTENT', 'There is no text in this file.');
  }
  await checkBlocks(document);
  return (await isNormal(document)) ? document : renormalise(document);
}

async function checkBlocks({ text, blocks }: ExtractedDocument): Promise<void> {
  let reached = 0;
  let sliceStart = 0;
  for (const [index, block] of blocks.entries()) {
    if (block.start < reached || block.end <= block.start || block.end > text.length) throw broken(block);
    if (!isBlank(text, reached, block.start)) throw broken(block);
    reached = block.end;
    if (index % SLICE_BLOCKS === SLICE_BLOCKS - 1 || reached - sliceStart > SLICE_LENGTH) {
      sliceStart = reached;
      await nextTurn();
    }
  }
  if (!isBlank(text, reached, text.length)) throw broken(blocks.at(-1));
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) {
    if (!isWhiteSpace(text.charCodeAt(index))) return false;
  }
  return true;
}

function broken(block: TextBlock | undefined): IngestionFailure {
  const cause = new Error(`blocks overlap, are empty or leave text out at ${JSON.stringify(block)?.slice(0, 300)}`);
  return new IngestionFailure('INTERNAL_ERROR', 'The structure found in this file is not sound.', { cause });
}

/** Slices end at blocks, where white space keeps composition from crossing. */
async function isNormal({ text, blocks }: ExtractedDocument): Promise<boolean> {
  let start = 0;
  for (const { end } of [...blocks, { end: text.length }]) {
    if (end - start < SLICE_LENGTH && end < text.length) continue;
    const slice = text.slice(start, end);
    if (normaliseText(slice) !== slice) return false;
    start = end;
    await nextTurn();
  }
  return true;
}

async function renormalise({ text, blocks, ...rest }: ExtractedDocument): Promise<ExtractedDocument> {
  const parts: string[] = [];
  const moved: TextBlock[] = [];
  let length = 0;
  let reached = 0;
  let sliceStart = 0;
  const append = (part: string): number => {
    parts.push(part);
    return (length += part.length);
  };
  for (const block of blocks) {
    const start = append(normaliseText(text.slice(reached, block.start)));
    const end = append(normaliseText(text.slice(block.start, block.end)));
    reached = block.end;
    // A block of nothing but NULs is gone.
    if (end > start) moved.push({ ...block, start, end });
    if (reached - sliceStart > SLICE_LENGTH) {
      sliceStart = reached;
      await nextTurn();
    }
  }
  append(normaliseText(text.slice(reached)));
  if (moved.length === 0) throw new IngestionFailure('EMPTY_CONTENT', 'There is no text in this file.');
  return { ...rest, text: parts.join(''), blocks: moved };
}
