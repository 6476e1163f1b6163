import { decodeText } from '../../charset/text-decoding';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { normaliseText } from '../../text-normalisation';
import { frontMatterLines, markdownBlocks } from './markdown-blocks';

/** Markdown (CommonMark with tables): the source itself is served, the parser only says what its lines are. */
export class MdExtractor implements TextExtractor {
  readonly format = 'md';
  readonly lane = 'fast';
  readonly extensions = ['md', 'markdown', 'mdown', 'mkd', 'mdx'];
  readonly mediaTypes = ['text/markdown', 'text/x-markdown'];

  extract(source: ExtractionSource): Promise<ExtractedDocument> {
    return new Promise((resolve) => resolve(extractMd(source)));
  }
}

/** @throws IngestionFailure `TOO_LARGE` */
export function extractMd(source: ExtractionSource): ExtractedDocument {
  const text = normaliseText(decodeText(source));
  return { text, blocks: markdownBlocks(text, frontMatterLines(text)) };
}
