import { finishDocument } from './document-check';
import type { TextBlock } from './text-extractor';

const block = (start: number, end: number): TextBlock => ({ kind: 'paragraph', start, end, headingPath: [] });

describe('finishDocument', () => {
  it('lets a sound document through as it is', async () => {
    const document = { text: ' one\n\ntwo ', blocks: [block(1, 4), block(6, 9)] };
    expect(await finishDocument(document)).toBe(document);
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \n\u00a0\ufeff'],
  ])('refuses %s as empty', async (_name, text) => {
    await expect(finishDocument({ text, blocks: [] })).rejects.toMatchObject({ code: 'EMPTY_CONTENT' });
  });

  it.each([
    ['text outside of all blocks, at the start', 'a bc', [block(2, 4)]],
    ['text outside of all blocks, between', 'a b c', [block(0, 1), block(4, 5)]],
    ['text outside of all blocks, at the end', 'a bc', [block(0, 1)]],
    ['no blocks', 'text', []],
    ['overlapping blocks', 'abcd', [block(0, 3), block(2, 4)]],
    ['blocks out of order', 'a b', [block(2, 3), block(0, 1)]],
    ['an empty block', 'abcd', [block(0, 0), block(0, 4)]],
    ['a block beyond the end', 'abcd', [block(0, 5)]],
  ])('does not pass %s', async (_name, text, blocks) => {
    await expect(finishDocument({ text, blocks })).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  });

  it('normalises what an extractor forgot to, and moves the blocks with it', async () => {
    const text = 'e\u0301te\u0301\r\n\r\nx\0y\n\n\0\n\nz';
    const blocks = [block(0, 5), { ...block(9, 12), row: 2 }, block(14, 15), block(17, 18)];
    expect(await finishDocument({ text, blocks })).toEqual({
      text: 'été\n\nxy\n\n\n\nz',
      blocks: [block(0, 3), { ...block(5, 7), row: 2 }, block(11, 12)],
    });
  });

  it('finds what is not normal far into a long text', async () => {
    const words = 'word '.repeat(500_000);
    const text = `${words}\n\ne\u0301`;
    const finished = await finishDocument({
      text,
      blocks: [block(0, words.length - 1), block(text.length - 2, text.length)],
    });
    expect(finished.text).toBe(`${words}\n\né`);
    expect(finished.blocks[1]).toEqual(block(words.length + 2, words.length + 3));
  });

  it('refuses what is empty once it is normalised', async () => {
    await expect(finishDocument({ text: '\0\0', blocks: [block(0, 2)] })).rejects.toMatchObject({
      code: 'EMPTY_CONTENT',
    });
  });
});
