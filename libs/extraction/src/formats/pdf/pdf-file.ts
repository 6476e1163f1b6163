import { IngestionFailure } from '@vectorlane/errors';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PDFDocumentLoadingTask, PDFDocumentProxy, PDFPageProxy } from 'unpdf/pdfjs';

/** The border to pdf.js: opens files, hands out pages, and turns its errors into verdicts on the file. */

type PdfJs = typeof import('unpdf/pdfjs');

/** More is no document to search in, and its pages would fill the memory of the parser. */
export const MAX_PAGES = 5_000;
/** Fonts and other things shared between pages are let go of this often; they are read anew where they are wanted. */
const PAGES_PER_CLEANUP = 50;

export class PdfFile {
  private constructor(
    private readonly pdfJs: PdfJs,
    private readonly task: PDFDocumentLoadingTask,
    readonly document: PDFDocumentProxy,
    private readonly stopListening: () => void,
  ) {}

  /**
   * @param bytes stay as they are
   * @throws IngestionFailure `PASSWORD_PROTECTED`, `CORRUPT_FILE`, `TOO_LARGE`
   */
  static async open(bytes: Uint8Array): Promise<PdfFile> {
    if (breaksOff(bytes)) throw corrupt('This PDF breaks off before its end. Upload the complete file.');
    // Two megabytes of program, wanted in parser processes alone.
    const pdfJs = await import('unpdf/pdfjs');
    const stopListening = overhearStrayRejections();
    const task = pdfJs.getDocument({
      // A copy: pdf.js takes what it is given.
      data: new Uint8Array(bytes),
      verbosity: pdfJs.VerbosityLevel.ERRORS,
      isEvalSupported: false,
      useSystemFonts: false,
      disableFontFace: true,
      useWasm: false,
      enableXfa: false,
      stopAtErrors: false,
    });
    try {
      const document = await task.promise;
      if (document.numPages > MAX_PAGES) {
        const bound = MAX_PAGES.toLocaleString('en');
        throw new IngestionFailure('TOO_LARGE', `This PDF has more than ${bound} pages. Split it into smaller files.`);
      }
      if (document.numPages < 1) throw corrupt('This PDF has no pages.');
      return new PdfFile(pdfJs, task, document, stopListening);
    } catch (error) {
      await destroy(task, stopListening);
      throw verdictOn(error);
    }
  }

  /**
   * Reads one page after the other and lets go of each.
   * @param read what is wanted of a page; whatever it throws counts as damage of the page
   * @param take is given each page's result; what it throws ends the reading
   * @returns numbers of the pages that could not be read
   */
  async readPages<T>(
    read: (page: PDFPageProxy) => Promise<T>,
    take: (result: T, number: number) => void,
  ): Promise<readonly number[]> {
    const damaged: number[] = [];
    for (let number = 1; number <= this.document.numPages; number += 1) {
      const result = await this.readPage(number, read);
      if (result === undefined) damaged.push(number);
      else take(result.value, number);
      if (number % PAGES_PER_CLEANUP === 0) await this.document.cleanup();
    }
    return damaged;
  }

  private async readPage<T>(
    number: number,
    read: (page: PDFPageProxy) => Promise<T>,
  ): Promise<{ value: T } | undefined> {
    try {
      const page = await this.document.getPage(number);
      const value = await read(page);
      page.cleanup();
      return { value };
    } catch {
      // pdf.js throws errors of many kinds for damage of many kinds; the caller counts the pages it lost.
      return undefined;
    }
  }

  /** Whether the file says of itself that its content carries tags of structure. */
  async isTagged(): Promise<boolean> {
    try {
      return (await this.document.getMarkInfo())?.Marked === true;
    } catch {
      // Damage of what is read without it as well.
      return false;
    }
  }

  /** Whether a page shows anything, be it a picture, a drawing of some size, or text whose letters cannot be told. */
  async showsAnything(number: number): Promise<boolean> {
    const { OPS } = this.pdfJs;
    const pictures = new Set([OPS.paintImageXObject, OPS.paintInlineImageXObject, OPS.paintImageMaskXObject]);
    const texts = new Set([OPS.showText, OPS.showSpacedText]);
    const operators = await this.readPage(number, async (page) => (await page.getOperatorList()).fnArray);
    const shown = operators?.value ?? [];
    const paths = shown.filter((operator) => operator === OPS.constructPath).length;
    return paths >= MIN_DRAWN_PATHS || shown.some((operator) => pictures.has(operator) || texts.has(operator));
  }

  close(): Promise<void> {
    return destroy(this.task, this.stopListening);
  }
}

async function destroy(task: PDFDocumentLoadingTask, stopListening: () => void): Promise<void> {
  await task.destroy();
  // Rejections are told at the end of a turn.
  await nextTurn();
  stopListening();
}

/**
 * In damaged files pdf.js lets promises of its own fail that nobody waits for, and Node would end the process for a file
 * that can be read or judged all the same. While a file is open they become warnings. Ours are not among them: the linter
 * finds every promise that is not waited for.
 */
function overhearStrayRejections(): () => void {
  const listener = (reason: unknown): void => {
    process.emitWarning(reason instanceof Error ? reason.message : String(reason), 'StrayPdfRejection');
  };
  process.on('unhandledRejection', listener);
  return () => process.off('unhandledRejection', listener);
}

/** Letters drawn as shapes are many; a rule or a frame is none of them. */
const MIN_DRAWN_PATHS = 50;

/** Whether the file holds a picture. A picture is a stream, whose dictionary is never compressed or encrypted. */
export function holdsPictures(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = buffer.indexOf('/Image'); at >= 0; at = buffer.indexOf('/Image', at + 1)) {
    if (/\/Subtype\s*\/Image$/.test(buffer.toString('latin1', Math.max(0, at - 32), at + 6))) return true;
  }
  return false;
}

export function corrupt(message: string, cause?: unknown): IngestionFailure {
  return new IngestionFailure('CORRUPT_FILE', message, cause === undefined ? {} : { cause });
}

function verdictOn(error: unknown): IngestionFailure {
  if (error instanceof IngestionFailure) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'PasswordException' || /encrypt/i.test(message)) {
    return new IngestionFailure(
      'PASSWORD_PROTECTED',
      'This PDF opens only with a password or certificate. Remove the protection and upload it again.',
      { cause: error },
    );
  }
  return corrupt('This PDF is damaged and cannot be opened. Save or export it anew and upload it again.', error);
}

const TAIL_BYTES = 64 * 1024;

/**
 * Whether the end of the file is missing. pdf.js would go to any length to find pages in what is left, and a document
 * would be taken in of which a part is missing without a word.
 */
function breaksOff(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = buffer.toString('latin1', 0, 1024);
  const promised = /\/Linearized\b[^>]*?\/L\s+(\d{1,15})\b/.exec(head)?.[1];
  if (promised !== undefined && Number(promised) > buffer.length) return true;
  const tail = buffer.subarray(-TAIL_BYTES);
  return head.includes('%PDF-') && !tail.includes('%%EOF') && !tail.includes('startxref');
}
