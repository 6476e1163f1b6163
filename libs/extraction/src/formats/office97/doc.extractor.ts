import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { notInCompoundFile, openCompoundFile, readingCompoundFile } from '../container/compound-file';
import { type DocxBlock, draftOf, headingBlock } from '../docx/docx-blocks';
import { DocFile } from './doc-file';
import { DocStory } from './doc-story';

/** Documents of Word 6 to 2003: text, headings, lists, tables and notes; of Word 6 and 95 the text alone. */
export class DocExtractor implements TextExtractor {
  readonly format = 'doc';
  readonly lane = 'heavy';
  readonly extensions = ['doc', 'dot'];
  readonly mediaTypes = ['application/msword'];

  extract({ bytes }: ExtractionSource): Promise<ExtractedDocument> {
    if (bytes.length === 0) return Promise.resolve({ text: '', blocks: [] });
    return readingCompoundFile(`This document is damaged. ${ADVICE}`, () => readDocument(bytes));
  }
}

const ADVICE = 'Open it in a word processor, save it as DOCX and upload that.';

function readDocument(bytes: Uint8Array): ExtractedDocument {
  const stream = openCompoundFile(bytes);
  const main = stream('WordDocument');
  if (main === undefined) throw notInCompoundFile(bytes, 'There is no Word document in this file.', ADVICE);
  const assembly = new TextAssembly();
  let before: DocxBlock['kind'] | undefined;
  const story = new DocStory(new DocFile(main, stream), ({ text, level, bullet, depth = 0, cells, isFirst }) => {
    const block: DocxBlock =
      cells !== undefined
        ? { kind: 'row', text: cells.join(' | '), first: isFirst === true, page: 1 }
        : level !== undefined
          ? headingBlock(text, level, 1)
          : bullet !== undefined
            ? { kind: 'list-item', text, bullet, depth, page: 1 }
            : { kind: 'paragraph', text, page: 1 };
    assembly.add(draftOf(block, before));
    before = block.kind;
  });
  story.read();
  return assembly.finish();
}
