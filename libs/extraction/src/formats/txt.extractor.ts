import { BlockList } from '../block-list';
import { decodeText } from '../charset/text-decoding';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';
import { isWhiteSpace, normaliseText } from '../text-normalisation';

/** Plain text: the text itself is served, its paragraphs are what empty lines and form feeds set apart. */
export class TxtExtractor implements TextExtractor {
  readonly format = 'txt';
  readonly lane = 'fast';
  readonly extensions = ['txt', 'text', 'log'];
  readonly mediaTypes = ['text/plain'];

  extract(source: ExtractionSource): Promise<ExtractedDocument> {
    return new Promise((resolve) => resolve(extractTxt(source)));
  }
}

/** One for all: a million blocks would hold a million of them. */
const NO_TITLES: readonly string[] = [];
const LINE_FEED = 0x0a;
const FORM_FEED = 0x0c;

/** @throws IngestionFailure `TOO_LARGE` */
export function extractTxt(source: ExtractionSource): ExtractedDocument {
  const text = normaliseText(decodeText(source));
  const list = new BlockList();
  const add = (start: number, end: number): void => list.add({ kind: 'paragraph', start, end, headingPath: NO_TITLES });
  let start = -1;
  let end = 0;
  let lineFeeds = 0;
  for (let index = 0; index < text.length; index += 1) {
    const codeUnit = text.charCodeAt(index);
    if (codeUnit === LINE_FEED) lineFeeds += 1;
    else if (codeUnit === FORM_FEED) lineFeeds = 2;
    else if (!isWhiteSpace(codeUnit)) {
      if (start < 0) start = index;
      else if (lineFeeds >= 2) {
        add(start, end);
        start = index;
      }
      end = index + 1;
      lineFeeds = 0;
    }
  }
  if (start >= 0) add(start, end);
  return { text, blocks: list.blocks };
}
