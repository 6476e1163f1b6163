import { CsvExtractor } from './formats/csv/csv.extractor';
import { DocxExtractor } from './formats/docx/docx.extractor';
import { HtmlExtractor } from './formats/html/html.extractor';
import { JsonExtractor } from './formats/json/json.extractor';
import { MdExtractor } from './formats/md/md.extractor';
import { PdfExtractor } from './formats/pdf/pdf.extractor';
import { TxtExtractor } from './formats/txt.extractor';
import type { TextExtractor } from './text-extractor';

/**
 * Every format there is: adding one is a class and a line here. Those of lane `fast` run in a parser thread and those
 * of lane `heavy` in a parser process; both make them from this same list, so what is large to load is loaded on first
 * use.
 */
export function createExtractors(): readonly TextExtractor[] {
  return [
    new TxtExtractor(),
    new MdExtractor(),
    new HtmlExtractor(),
    new JsonExtractor(),
    new CsvExtractor(),
    new DocxExtractor(),
    new PdfExtractor(),
  ];
}

/** @throws Error when two extractors claim one format or one extension */
export function indexExtractors(extractors: readonly TextExtractor[]): ReadonlyMap<string, TextExtractor> {
  const byFormat = new Map<string, TextExtractor>();
  const claimed = new Map<string, string>();
  for (const extractor of extractors) {
    if (byFormat.has(extractor.format)) throw new Error(`two extractors have the format "${extractor.format}"`);
    byFormat.set(extractor.format, extractor);
    for (const extension of extractor.extensions) {
      const other = claimed.get(extension);
      if (other !== undefined) throw new Error(`".${extension}" is claimed by both ${other} and ${extractor.format}`);
      claimed.set(extension, extractor.format);
    }
  }
  return byFormat;
}
