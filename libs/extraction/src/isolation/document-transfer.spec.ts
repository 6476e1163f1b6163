import { packDocument, unpackDocument } from './document-transfer';
import type { ExtractedDocument } from '../text-extractor';

const across = (document: ExtractedDocument): Promise<ExtractedDocument> => {
  return unpackDocument(structuredClone(packDocument(document)));
};

describe('a document that crosses between processes', () => {
  it.each([
    ['Latin', 'Größe | x'],
    ['any script', '漢字 😀 | x'],
  ])('arrives as it was, in %s', async (_name, text) => {
    const path = ['Größe', '漢字'];
    const document: ExtractedDocument = {
      text,
      blocks: [
        { kind: 'heading', start: 0, end: 2, headingPath: [] },
        { kind: 'row', start: 3, end: 4, headingPath: path, row: 7 },
        { kind: 'record', start: 5, end: 6, headingPath: path, jsonPath: "$['a'][0]" },
        { kind: 'paragraph', start: 6, end: 7, headingPath: ['Größe'], page: 3, slide: 2, sheet: '表' },
      ],
    };
    const arrived = await across(document);
    expect(arrived).toEqual(document);
    expect(arrived.blocks[1]?.headingPath).toBe(arrived.blocks[2]?.headingPath);
  });

  it('arrives empty', async () => {
    expect(await across({ text: '', blocks: [] })).toEqual({ text: '', blocks: [] });
  });

  it('lets others run while many blocks are made', async () => {
    const blocks = Array.from({ length: 50_000 }, (_, index) => ({
      kind: 'row' as const,
      start: index,
      end: index + 1,
      headingPath: [`t${index}`],
    }));
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const arrived = await across({ text: 'x'.repeat(50_000), blocks });
    clearImmediate(next);
    expect(arrived.blocks).toEqual(blocks);
    expect(turns).toBeGreaterThanOrEqual(10);
  });
});
