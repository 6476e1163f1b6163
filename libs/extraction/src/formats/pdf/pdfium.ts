import { readFile } from 'node:fs/promises';

/** PDFium as WebAssembly: its functions, its memory, and the one instance a process holds. */

/** What is called here. All of them take and return numbers; pointers are numbers, and strings go by pointer. */
const FUNCTIONS = [
  'malloc',
  'free',
  'FPDF_CloseDocument',
  'FPDF_ClosePage',
  'FPDF_FFLDraw',
  'FPDF_GetFormType',
  'FPDF_GetLastError',
  'FPDF_GetPageBoundingBox',
  'FPDF_GetPageCount',
  'FPDF_GetXFAPacketContent',
  'FPDF_GetXFAPacketCount',
  'FPDF_GetXFAPacketName',
  'FPDF_LoadMemDocument64',
  'FPDF_LoadPage',
  'FPDF_RenderPageBitmap',
  'FPDF_StructElement_CountChildren',
  'FPDF_StructElement_GetChildAtIndex',
  'FPDF_StructElement_GetChildMarkedContentID',
  'FPDF_StructElement_GetType',
  'FPDF_StructTree_Close',
  'FPDF_StructTree_CountChildren',
  'FPDF_StructTree_GetChildAtIndex',
  'FPDF_StructTree_GetForPage',
  'FPDFAction_GetDest',
  'FPDFAnnot_GetFlags',
  'FPDFAnnot_GetFontSize',
  'FPDFAnnot_GetFormFieldFlags',
  'FPDFAnnot_GetFormFieldName',
  'FPDFAnnot_GetFormFieldType',
  'FPDFAnnot_GetFormFieldValue',
  'FPDFAnnot_GetObject',
  'FPDFAnnot_GetObjectCount',
  'FPDFAnnot_GetOptionCount',
  'FPDFAnnot_GetOptionLabel',
  'FPDFAnnot_GetRect',
  'FPDFAnnot_GetStringValue',
  'FPDFAnnot_GetSubtype',
  'FPDFAnnot_IsOptionSelected',
  'FPDFAnnot_SetFlags',
  'FPDFAttachment_GetFile',
  'FPDFAttachment_GetName',
  'FPDFBitmap_Create',
  'FPDFBitmap_Destroy',
  'FPDFBitmap_FillRect',
  'FPDFBitmap_GetBuffer',
  'FPDFBookmark_GetAction',
  'FPDFBookmark_GetDest',
  'FPDFBookmark_GetFirstChild',
  'FPDFBookmark_GetNextSibling',
  'FPDFBookmark_GetTitle',
  'FPDFCatalog_IsTagged',
  'FPDFDest_GetDestPageIndex',
  'FPDFDoc_GetAttachment',
  'FPDFDoc_GetAttachmentCount',
  'FPDFFont_GetBaseFontName',
  'FPDFFont_GetFlags',
  'FPDFFormObj_CountObjects',
  'FPDFFormObj_GetObject',
  'FPDFPage_CloseAnnot',
  'FPDFPage_CountObjects',
  'FPDFPage_Flatten',
  'FPDFPage_GetAnnot',
  'FPDFPage_GetAnnotCount',
  'FPDFPage_GetObject',
  'FPDFPage_GetRotation',
  'FPDFPageObj_GetBounds',
  'FPDFPageObj_GetMarkedContentID',
  'FPDFPageObj_GetType',
  'FPDFText_ClosePage',
  'FPDFText_CountChars',
  'FPDFText_GetCharOrigin',
  'FPDFText_GetFontSize',
  'FPDFText_GetLooseCharBox',
  'FPDFText_GetMatrix',
  'FPDFText_GetTextObject',
  'FPDFText_GetUnicode',
  'FPDFText_HasUnicodeMapError',
  'FPDFText_IsGenerated',
  'FPDFText_IsHyphen',
  'FPDFText_LoadPage',
  'FPDFTextObj_GetFont',
  'PDFiumExt_CloseFormFillInfo',
  'PDFiumExt_ExitFormFillEnvironment',
  'PDFiumExt_Init',
  'PDFiumExt_InitFormFillEnvironment',
  'PDFiumExt_OpenFormFillInfo',
] as const;

type PdfiumFunctions = Readonly<Record<(typeof FUNCTIONS)[number], (...parameters: number[]) => number>>;

interface Memory {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU16: Uint16Array;
  readonly HEAP32: Int32Array;
  readonly HEAPF32: Float32Array;
  readonly HEAPF64: Float64Array;
}

/** A string longer than this is not one that is wanted here: names, titles and values of fields. */
const MAX_STRING_BYTES = 1024 * 1024;
const SCRATCH_BYTES = 128;

/** PDFium met something that it cannot get over; nothing of this instance can be used any more. */
export class PdfiumDied extends Error {
  override readonly name = 'PdfiumDied';
}

export class Pdfium {
  private static current: Promise<Pdfium> | undefined;

  /** A few numbers' room for results that PDFium writes to memory; never kept over two calls. */
  readonly scratch: number;

  private constructor(
    readonly call: PdfiumFunctions,
    private readonly memory: Memory,
  ) {
    this.scratch = this.allocate(SCRATCH_BYTES);
  }

  /** The instance of this process: five megabytes of program, wanted in parser processes alone. */
  static load(): Promise<Pdfium> {
    Pdfium.current ??= Pdfium.start();
    return Pdfium.current;
  }

  /** After a crash inside: the next file gets a new instance with a memory of its own. */
  static discard(): void {
    Pdfium.current = undefined;
  }

  private static async start(): Promise<Pdfium> {
    const { init } = await import('@embedpdf/pdfium');
    const wasmBinary = await readFile(require.resolve('@embedpdf/pdfium/pdfium.wasm'));
    const { pdfium } = await init({ wasmBinary: wasmBinary.buffer });
    const exported = pdfium.wasmExports as unknown as Readonly<Record<string, unknown>>;
    const missing = FUNCTIONS.filter((name) => typeof exported[name] !== 'function');
    if (missing.length > 0) throw new Error(`PDFium lacks the functions ${missing.join(', ')}`);
    const loaded = new Pdfium(exported as unknown as PdfiumFunctions, pdfium as unknown as Memory);
    loaded.call.PDFiumExt_Init();
    return loaded;
  }

  /** @throws PdfiumDied when there is no memory left */
  allocate(bytes: number): number {
    const pointer = this.call.malloc(bytes);
    if (pointer === 0) throw new PdfiumDied('PDFium is out of memory');
    return pointer;
  }

  write(pointer: number, bytes: Uint8Array): void {
    this.memory.HEAPU8.set(bytes, pointer);
  }

  copy(pointer: number, length: number): Uint8Array {
    return this.memory.HEAPU8.slice(pointer, pointer + length);
  }

  int(pointer: number): number {
    return this.memory.HEAP32[pointer >> 2] ?? 0;
  }

  float(pointer: number): number {
    return this.memory.HEAPF32[pointer >> 2] ?? 0;
  }

  double(pointer: number): number {
    return this.memory.HEAPF64[pointer >> 3] ?? 0;
  }

  /** @param get gives the length in bytes, and fills the buffer when it is large enough */
  bytes(get: (buffer: number, length: number) => number, maxBytes = MAX_STRING_BYTES): Uint8Array {
    const length = get(0, 0);
    if (length <= 0 || length > maxBytes) return new Uint8Array();
    const buffer = this.allocate(length);
    get(buffer, length);
    const copy = this.copy(buffer, length);
    this.call.free(buffer);
    return copy;
  }

  /** @param get as for `bytes`; the text ends with a NUL */
  utf16(get: (buffer: number, length: number) => number): string {
    return Buffer.from(this.bytes(get)).toString('utf16le').replace(/\0.*$/s, '');
  }

  /** @param get as for `bytes`; the text ends with a NUL */
  utf8(get: (buffer: number, length: number) => number): string {
    return Buffer.from(this.bytes(get)).toString('utf8').replace(/\0.*$/s, '');
  }

  /** Lends a string to one call. */
  withString<T>(text: string, use: (pointer: number) => T): T {
    const encoded = Buffer.from(`${text}\0`);
    const pointer = this.allocate(encoded.length);
    this.write(pointer, encoded);
    try {
      return use(pointer);
    } finally {
      this.call.free(pointer);
    }
  }
}
