import { Problem } from '@vectorlane/errors';
import { createExtractors, indexExtractors } from '../extractors';
import { detectFormat, type FormatEvidence } from './format-detection';
import type { TextExtractor } from '../text-extractor';

const extractors = indexExtractors(createExtractors());
const bytes = (text: string, encoding: BufferEncoding = 'utf8'): Uint8Array => Buffer.from(text, encoding);
const evidence = (head: string | Uint8Array, filename?: string, declaredMediaType?: string): FormatEvidence => ({
  head: typeof head === 'string' ? bytes(head) : head,
  ...(filename !== undefined && { filename }),
  ...(declaredMediaType !== undefined && { declaredMediaType }),
});
const refusalOf = (of: FormatEvidence, known: ReadonlyMap<string, TextExtractor> = extractors): Problem => {
  try {
    const found = detectFormat(of, known);
    throw new Error(`not refused, but found ${found.format}`);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
};

const PDF = bytes('%PDF-1.7\n%\xe2\xe3\n1 0 obj', 'latin1');
const PNG = bytes('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
const ZIP = bytes('PK\x03\x04\x14\0\0\0\x08\0 folder/file', 'latin1');
const DOCX = bytes('PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml\0PK\x03\x04\x14\0word/document.xml', 'latin1');
const XLSX = bytes('PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml\0PK\x03\x04\x14\0xl/workbook.xml', 'latin1');
const OLE = bytes('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0', 'latin1');
/** What is seen of an archive that begins with something large. */
const LARGE_FIRST = Buffer.concat([ZIP, Buffer.alloc(70_000, 7)]);
const GZIP = bytes('\x1f\x8b\x08\0\0\0\0\0\0\x03abc', 'latin1');
const ELF = bytes('\x7fELF\x02\x01\x01\0\0\0\0', 'latin1');
const JPEG = bytes('\xff\xd8\xff\xe0\0\x10JFIF\0', 'latin1');
const GIF = bytes('GIF89a\x01\0\x01\0\0\0', 'latin1');

describe('detectFormat', () => {
  it.each([
    ['notes.txt', 'plain words', 'txt', 'text/plain'],
    ['server.log', 'GET / 200', 'txt', 'text/plain'],
    ['README.MD', '# Hello', 'md', 'text/markdown'],
    ['page.htm', 'no tags at all', 'html', 'text/html'],
    ['notes.md', '<!doctype html><p>', 'md', 'text/markdown'],
    ['broken.json', 'this is not json', 'json', 'application/json'],
    ['lines.ndjson', '{}\n{}', 'json', 'application/json'],
    ['table.tsv', 'a\tb', 'csv', 'text/csv'],
  ])('takes %s by its extension', (filename, head, format, mediaType) => {
    expect(detectFormat(evidence(head, filename, 'image/png'), extractors)).toEqual({
      format,
      lane: 'fast',
      mediaType,
    });
  });

  it.each([
    ['an object', '  {"a": [1, 2, {"b": null}]}\n', 'json'],
    ['an array', '[1, 2]', 'json'],
    ['JSON Lines', '{"a":1}\n{"a":2}\n', 'json'],
    ['a footnote that is no JSON', '[1] Smith, J. (1999)', 'txt'],
    ['a brace that is no JSON', '{not json}', 'txt'],
    ['an unfinished object that is all there is', '{"a": [1,', 'txt'],
    ['a doctype', '\n<!-- made by hand -->\n<!DOCTYPE html>\n<html>', 'html'],
    ['a tag', '<p align="center">Hello</p>', 'html'],
    ['XHTML', '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">', 'html'],
    ['other XML', '<?xml version="1.0"?>\n<feed>', 'txt'],
    ['words', 'Dear Sir or Madam,', 'txt'],
    ['nothing', '', 'txt'],
    ['words that begin like magic', 'BM is short for bowel movement. ID3 tags, Rar! MZ', 'txt'],
  ])('sniffs %s when the name says nothing', (_name, head, format) => {
    expect(detectFormat(evidence(head), extractors).format).toBe(format);
    expect(detectFormat(evidence(head, 'file'), extractors).format).toBe(format);
    expect(detectFormat(evidence(head, 'file.unknown'), extractors).format).toBe(format);
  });

  it('sniffs JSON of which only the head is there', () => {
    const whole = JSON.stringify(Array.from({ length: 3_000 }, (_, id) => ({ id, text: `some text ${id}` })));
    expect(detectFormat(evidence(bytes(whole).subarray(0, 64 * 1024)), extractors).format).toBe('json');
  });

  it('asks the declared media type last', () => {
    expect(detectFormat(evidence('a,b\n1,2', 'data', 'text/CSV; charset=utf-8'), extractors).format).toBe('csv');
    expect(detectFormat(evidence('{"a":1}', 'data', 'text/plain'), extractors).format).toBe('json');
    expect(detectFormat(evidence('words', 'data', 'application/octet-stream'), extractors).format).toBe('txt');
  });

  it.each([
    ['UTF-16 LE', bytes('\ufeffhello there', 'utf16le')],
    ['UTF-16 without a mark', bytes('hello there, how are you', 'utf16le')],
    ['windows-1252', bytes('Gr\xf6\xdfe \x96 \x935 \x80\x94', 'latin1')],
    ['UTF-8 cut in a character', bytes('abc é').subarray(0, 5)],
  ])('takes %s for text', (_name, head) => {
    expect(detectFormat(evidence(head), extractors).format).toBe('txt');
  });

  it.each([
    ['a PDF', PDF, 'PDF'],
    ['a PNG', PNG, 'PNG'],
    ['a ZIP', ZIP, 'ZIP'],
    ['a DOCX', DOCX, 'Word'],
    ['a gzip', GZIP, 'gzip'],
    ['an ELF program', ELF, 'ELF'],
    ['a JPEG', JPEG, 'JPEG'],
    ['a GIF', GIF, 'GIF'],
    ['an RTF', bytes('{\\rtf1\\ansi hello}'), 'RTF'],
  ])('refuses %s that is named as text, and says what it is', (_name, head, named) => {
    const problem = refusalOf(evidence(head, 'innocent.txt', 'text/plain'));
    expect(problem.code).toBe('UNSUPPORTED_FORMAT');
    expect(problem.detail).toContain('.txt');
    expect(problem.detail).toContain(named);
  });

  it.each([
    [PNG, 'picture.png', 'PNG'],
    [OLE, undefined, 'older Office document'],
    [ZIP, undefined, 'ZIP archive'],
    [GZIP, 'logs.unknown', 'gzip'],
  ])('refuses a known kind without a parser by name (%#)', (head, filename, named) => {
    const { detail } = refusalOf(evidence(head, filename));
    expect(detail).toContain(`${named}`);
    expect(detail).toContain('not supported');
    for (const format of ['txt', 'md', 'html', 'json', 'csv']) expect(detail).toMatch(new RegExp(`\\b${format}\\b`));
  });

  it('refuses text that is named as something binary', () => {
    expect(refusalOf(evidence('just words', 'report.pdf')).detail).toMatch(/\.pdf.*plain text/);
  });

  it('refuses bytes that are nothing known', () => {
    const noise = Uint8Array.from({ length: 512 }, (_, index) => (index * 151) % 256);
    expect(refusalOf(evidence(noise, 'data.txt')).detail).toContain('neither text nor');
    expect(refusalOf(evidence(Buffer.from('text with a \0 in it'), 'data.txt')).detail).toContain('neither text nor');
    expect(refusalOf(evidence(Buffer.from('\x01\x02\x03\x04 abc'), 'data.txt')).code).toBe('UNSUPPORTED_FORMAT');
  });

  describe('of Word documents', () => {
    const found = (head: Uint8Array, name?: string): string => detectFormat(evidence(head, name), extractors).format;

    it('finds them by content, with or without a name', () => {
      const mediaType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
      const expected = { format: 'docx', lane: 'heavy', mediaType };
      expect(detectFormat(evidence(DOCX, 'letter.docx', 'text/plain'), extractors)).toEqual(expected);
      expect(detectFormat(evidence(DOCX), extractors)).toEqual(expected);
      expect(found(DOCX, 'MACROS.DOCM')).toBe('docx');
      expect(found(DOCX, 'letter.v2')).toBe('docx');
    });

    it('believes the name of an archive of which too little is seen', () => {
      expect(found(LARGE_FIRST, 'letter.docx')).toBe('docx');
      expect(refusalOf(evidence(LARGE_FIRST)).detail).toContain('a ZIP archive, which is not supported');
      expect(refusalOf(evidence(LARGE_FIRST, 'letter.md')).detail).toContain('ZIP');
      expect(found(LARGE_FIRST, 'sums.xlsx')).toBe('xlsx');
      expect(refusalOf(evidence(ZIP, 'letter.docx')).detail).toContain('but the content is a ZIP archive');
      expect(refusalOf(evidence(XLSX, 'letter.docx')).detail).toContain('but the content is an Excel workbook');
    });

    it('leaves the container of an encrypted one to the parser, as that of old ones by their names', () => {
      expect(found(OLE, 'letter.docx')).toBe('docx');
      expect(found(OLE, 'letter.xlsx')).toBe('xlsx');
      for (const name of ['letter.doc', 'sums.xls', 'talk.ppt']) expect(found(OLE, name)).toBe(name.slice(-3));
      expect(refusalOf(evidence(OLE)).detail).toMatch(/older Office document.*not supported\. Give it a name/);
      expect(refusalOf(evidence(OLE, 'letter.txt')).detail).toContain('but the content is an older Office document');
      expect(found(Buffer.from('{\\rtf1 x}'), 'letter.doc')).toBe('rtf');
    });
  });

  describe('of PDFs', () => {
    it('finds it by content, with or without a name', () => {
      const expected = { format: 'pdf', lane: 'heavy', mediaType: 'application/pdf' };
      expect(detectFormat(evidence(PDF, 'report.pdf'), extractors)).toEqual(expected);
      expect(detectFormat(evidence(PDF), extractors)).toEqual(expected);
      expect(detectFormat(evidence(PDF, 'report.v2'), extractors)).toEqual(expected);
    });

    it('accepts some junk before it under its own name', () => {
      const after = (junk: Uint8Array): Uint8Array => Buffer.concat([junk, PDF]);
      const text = Buffer.alloc(1_024, 'HTTP/1.1 200 OK\r\n');
      const noise = Buffer.alloc(1_024, '\0\x01\x02', 'latin1');
      for (const junk of [text, noise]) {
        expect(detectFormat(evidence(after(junk), 'report.pdf'), extractors).format).toBe('pdf');
        expect(refusalOf(evidence(after(Buffer.concat([junk, junk])), 'report.pdf')).code).toBe('UNSUPPORTED_FORMAT');
      }
      expect(detectFormat(evidence(after(text), 'report.txt'), extractors).format).toBe('txt');
      expect(refusalOf(evidence(after(PNG), 'report.pdf')).detail).toContain('PNG');
    });

    it('still refuses a name that says something else, either way round', () => {
      expect(refusalOf(evidence(PDF, 'report.md')).detail).toContain('PDF');
      expect(refusalOf(evidence(PNG, 'report.pdf')).detail).toContain('PNG');
      expect(refusalOf(evidence('words', 'report.pdf')).detail).toContain('plain text');
      expect(detectFormat(evidence('words', 'report', 'application/pdf'), extractors).format).toBe('txt');
    });
  });
});

describe('indexExtractors', () => {
  it('refuses two parsers for one format or extension', () => {
    const [txt] = createExtractors();
    if (txt === undefined) throw new Error('there is no extractor');
    expect(() => indexExtractors([txt, txt])).toThrow('two extractors have the format "txt"');
    expect(() => indexExtractors([txt, { ...txt, format: 'other' }])).toThrow('".txt" is claimed by both');
  });
});
