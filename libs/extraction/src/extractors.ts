import { CardsExtractor } from './formats/cards.extractor';
import { CodeExtractor } from './formats/code.extractor';
import { CsvExtractor } from './formats/csv/csv.extractor';
import { DocxExtractor } from './formats/docx/docx.extractor';
import { EpubExtractor } from './formats/epub.extractor';
import { FilesInside } from './formats/files-inside';
import { HtmlExtractor } from './formats/html/html.extractor';
import { IpynbExtractor } from './formats/ipynb.extractor';
import { JsonExtractor } from './formats/json/json.extractor';
import { EmlExtractor, MboxExtractor, MhtExtractor } from './formats/mail/mail.extractor';
import { MsgExtractor } from './formats/mail/msg.extractor';
import { MdExtractor } from './formats/md/md.extractor';
import { DocExtractor } from './formats/office97/doc.extractor';
import { PptExtractor } from './formats/office97/ppt.extractor';
import { XlsExtractor } from './formats/office97/xls.extractor';
import { OdfExtractor } from './formats/odf/odf.extractor';
import { PdfExtractor } from './formats/pdf/pdf.extractor';
import { PptxExtractor } from './formats/pptx/pptx.extractor';
import { RtfExtractor } from './formats/rtf/rtf.extractor';
import { TxtExtractor } from './formats/txt.extractor';
import { XlsxExtractor } from './formats/xlsx/xlsx.extractor';
import type { TextExtractor } from './text-extractor';

/**
 * Every format there is: adding one is a class and a line here. Each parser process makes them from this list, so what
 * is large to load is loaded on first use.
 */
export function createExtractors(): readonly TextExtractor[] {
  const inside = new FilesInside(() => indexExtractors(extractors));
  const extractors: readonly TextExtractor[] = [
    new TxtExtractor(),
    new MdExtractor(),
    new HtmlExtractor(),
    new JsonExtractor(),
    new CsvExtractor(),
    new CodeExtractor(),
    new CardsExtractor('ics', ['ical', 'ifb'], ['text/calendar']),
    new CardsExtractor('vcf', ['vcard'], ['text/vcard', 'text/x-vcard']),
    new RtfExtractor(),
    new IpynbExtractor(),
    new DocxExtractor(),
    new PdfExtractor(inside),
    new PptxExtractor(),
    new XlsxExtractor(),
    new DocExtractor(),
    new XlsExtractor(),
    new PptExtractor(),
    new OdfExtractor('odt', 'text', ['ott']),
    new OdfExtractor('ods', 'spreadsheet', ['ots']),
    new OdfExtractor('odp', 'presentation', ['otp']),
    new EpubExtractor(),
    new EmlExtractor(inside),
    new MboxExtractor(inside),
    new MhtExtractor(),
    new MsgExtractor(inside),
  ];
  return extractors;
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
