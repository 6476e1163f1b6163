import { decodeText } from '../../charset/text-decoding';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { ArticleMarks } from './html-article';
import { HtmlRendering } from './html-rendering';
import { visitHtml } from './html-visitor';

/** HTML: the text a reader of the page would see, with its headings, lists, tables and code. Never refuses a source. */
export class HtmlExtractor implements TextExtractor {
  readonly format = 'html';
  readonly lane = 'fast';
  readonly extensions = ['html', 'htm', 'xhtml'];
  readonly mediaTypes = ['text/html', 'application/xhtml+xml'];

  extract(source: ExtractionSource): Promise<ExtractedDocument> {
    return new Promise((resolve) => resolve(extractHtml(source)));
  }
}

/** @throws IngestionFailure `TOO_LARGE` */
export function extractHtml(source: ExtractionSource): ExtractedDocument {
  const rendering = new HtmlRendering(source.options?.htmlPart === 'article' ? new ArticleMarks() : undefined);
  visitHtml(decodeText(source, 'html').replace(/\r\n?/g, '\n'), rendering);
  return rendering.finish();
}
