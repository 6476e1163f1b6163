import { IngestionFailure } from '@vectorlane/errors';
import { Pdfium, PdfiumDied } from './pdfium';

/** Opens files with PDFium, hands out pages, and says what is wrong with a file that cannot be read. */

/** More is no document to search in, and its pages would fill the memory of the parser. */
export const MAX_PAGES = 5_000;
/** Kinds of forms (FPDF_GetFormType) that have a template in XML. */
const XFA_FULL = 2;
const XFA_FOREGROUND = 3;
const ERROR_PASSWORD = 4;
const ERROR_SECURITY = 5;

/** A page that is open. */
export class PdfiumPage {
  /**
   * @param page the pointer that PDFium knows it by; 0 when it cannot be opened
   * @param form of the fields of the file; 0 where there are none
   */
  constructor(
    readonly pdfium: Pdfium,
    readonly document: number,
    readonly index: number,
    readonly form: number,
    public page = pdfium.call.FPDF_LoadPage(document, index),
  ) {}

  /** Makes what was changed about the page its content. */
  reload(): void {
    this.close();
    this.page = this.pdfium.call.FPDF_LoadPage(this.document, this.index);
    if (this.page === 0) throw new PdfiumDied('a page was lost while its notes were drawn onto it');
  }

  close(): void {
    this.pdfium.call.FPDF_ClosePage(this.page);
  }
}

export class PdfFile {
  private form: { readonly handle: number; readonly info: number } | undefined;

  private constructor(
    readonly pdfium: Pdfium,
    readonly document: number,
    private readonly bytes: number,
    readonly pageCount: number,
  ) {}

  /**
   * @param bytes stay as they are
   * @throws IngestionFailure `PASSWORD_PROTECTED`, `CORRUPT_FILE`, `TOO_LARGE`
   */
  static async open(bytes: Uint8Array): Promise<PdfFile> {
    if (breaksOff(bytes)) throw corrupt('This PDF breaks off before its end. Upload the complete file.');
    const pdfium = await Pdfium.load();
    return dying(() => {
      try {
        return PdfFile.load(pdfium, bytes);
      } catch (error) {
        const open = error instanceof IngestionFailure ? withoutAttachmentEncryption(bytes) : undefined;
        if (open === undefined) throw error;
        return PdfFile.load(pdfium, open);
      }
    });
  }

  private static load(pdfium: Pdfium, bytes: Uint8Array): PdfFile {
    const copy = pdfium.allocate(Math.max(1, bytes.byteLength));
    pdfium.write(copy, bytes);
    const { call } = pdfium;
    // Without a password the empty one is tried, which is what "anyone may open it" means.
    const document = call.FPDF_LoadMemDocument64(copy, bytes.byteLength, 0);
    const file = new PdfFile(pdfium, document, copy, document === 0 ? 0 : call.FPDF_GetPageCount(document));
    const failure = document === 0 ? failureOf(call.FPDF_GetLastError()) : failureOfCount(file.pageCount);
    if (failure === undefined) return file;
    file.close();
    throw failure;
  }

  /** Whether the file says of itself that its content carries tags of structure. */
  get isTagged(): boolean {
    return this.pdfium.call.FPDFCatalog_IsTagged(this.document) !== 0;
  }

  /**
   * `dynamic`: a program makes the pages from the form's template; what the file shows in their place is no content.
   * `static`: the pages are in the file as well.
   */
  get xfaForm(): 'none' | 'static' | 'dynamic' {
    const kind = this.pdfium.call.FPDF_GetFormType(this.document);
    if (kind === XFA_FULL) return 'dynamic';
    return kind === XFA_FOREGROUND ? 'static' : 'none';
  }

  /**
   * Reads one page after the other and closes each.
   * @param read what is wanted of a page, by its number from 1
   * @returns numbers of the pages that could not be read
   */
  readPages(read: (page: PdfiumPage, number: number) => void): readonly number[] {
    return dying(() => {
      const damaged: number[] = [];
      for (let number = 1; number <= this.pageCount; number += 1) {
        if (!this.readPage(number, (page) => read(page, number))) damaged.push(number);
      }
      return damaged;
    });
  }

  /** @returns whether the page is there */
  readPage(number: number, read: (page: PdfiumPage) => void): boolean {
    const page = new PdfiumPage(this.pdfium, this.document, number - 1, this.formHandle());
    if (page.page === 0) return false;
    try {
      read(page);
    } finally {
      page.close();
    }
    return true;
  }

  /** What is asked of the file as a whole, with the same end as reading a page when PDFium dies of it. */
  ask<T>(question: (pdfium: Pdfium, document: number) => T): T {
    return dying(() => question(this.pdfium, this.document));
  }

  close(): void {
    const { call } = this.pdfium;
    try {
      if (this.form !== undefined) {
        call.PDFiumExt_ExitFormFillEnvironment(this.form.handle);
        call.PDFiumExt_CloseFormFillInfo(this.form.info);
      }
      if (this.document !== 0) call.FPDF_CloseDocument(this.document);
      call.free(this.bytes);
    } catch {
      // Broken inside while it read this file; the next one gets an instance of its own.
      Pdfium.discard();
    }
  }

  private formHandle(): number {
    const { call } = this.pdfium;
    if (call.FPDF_GetFormType(this.document) === 0) return 0;
    if (this.form === undefined) {
      const info = call.PDFiumExt_OpenFormFillInfo();
      this.form = { info, handle: call.PDFiumExt_InitFormFillEnvironment(this.document, info) };
    }
    return this.form.handle;
  }
}

/** What WebAssembly throws for a trap inside, and for a bound of its own. */
const TRAPS: ReadonlySet<string> = new Set(['RuntimeError', 'RangeError']);

/** A trap inside of PDFium is a fault of the file, and costs this instance. */
function dying<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const died = error instanceof PdfiumDied || (error instanceof Error && TRAPS.has(error.name));
    if (!died) throw error;
    Pdfium.discard();
    throw corrupt('This PDF is damaged in a way that cannot be read. Export it again and upload the result.', error);
  }
}

function failureOf(error: number): IngestionFailure {
  if (error === ERROR_PASSWORD || error === ERROR_SECURITY) {
    return new IngestionFailure(
      'PASSWORD_PROTECTED',
      'This PDF opens only with a password or certificate. Remove the protection and upload it again.',
    );
  }
  return corrupt('This PDF is damaged and cannot be opened. Export it again and upload the result.');
}

function failureOfCount(count: number): IngestionFailure | undefined {
  if (count > MAX_PAGES) {
    const bound = MAX_PAGES.toLocaleString('en');
    return new IngestionFailure('TOO_LARGE', `This PDF has more than ${bound} pages. Split it into smaller files.`);
  }
  return count < 1 ? corrupt('This PDF has no pages.') : undefined;
}

export function corrupt(message: string, cause?: unknown): IngestionFailure {
  return new IngestionFailure('CORRUPT_FILE', message, cause === undefined ? {} : { cause });
}

const TAIL_BYTES = 64 * 1024;

/**
 * Whether the end of the file is missing. PDFium would look for pages in what is left, and a document would be taken
 * in of which a part is missing without a word.
 */
function breaksOff(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = buffer.toString('latin1', 0, 1024);
  const promised = /\/Linearized\b[^>]*?\/L\s+(\d{1,15})\b/.exec(head)?.[1];
  if (promised !== undefined && Number(promised) > buffer.length) return true;
  const tail = buffer.subarray(-TAIL_BYTES);
  return head.includes('%PDF-') && !tail.includes('%%EOF') && !tail.includes('startxref');
}

/** Of an encryption dictionary, which is never compressed; longer ones hold certificates, and are not of this kind. */
const MAX_DICTIONARY = 4_096;

/**
 * A file may encrypt the files attached to it and leave its pages open to everybody (ISO 32000-1, 7.6.5: `EFF` is set,
 * strings and streams stay as they are). PDFium asks for the password all the same, so the reference to the
 * encryption is taken out.
 * @returns undefined when the pages are encrypted
 */
function withoutAttachmentEncryption(bytes: Uint8Array): Uint8Array | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = buffer.indexOf('/EFF');
  if (at < 0) return undefined;
  const before = buffer.toString('latin1', Math.max(0, at - MAX_DICTIONARY), at);
  const after = buffer.toString('latin1', at, at + MAX_DICTIONARY);
  const start = Math.max(before.lastIndexOf(' obj'), before.lastIndexOf('trailer'), 0);
  const end = /endobj|startxref|$/.exec(after)?.index ?? after.length;
  const own = before.slice(start) + after.slice(0, end);
  if (/\/(?:StmF|StrF)\s*\/(?!Identity\b)/.test(own)) return undefined;
  const open = Buffer.from(buffer);
  for (let found = open.indexOf('/Encrypt'); found >= 0; found = open.indexOf('/Encrypt', found + 1)) {
    // Not `/EncryptMetadata`, which stands inside of the dictionary.
    if (/^[\s\d<]/.test(open.toString('latin1', found + 8, found + 9))) open.write('/Ignored', found, 'latin1');
  }
  return open;
}
