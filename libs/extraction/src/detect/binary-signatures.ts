/** Kinds of files that are known by their first bytes, with the words in which a refusal names them. */
export interface BinaryKind {
  /** As in "the content is …". */
  readonly name: string;
  /** Extensions under which such content is no mismatch; the first is the usual one. */
  readonly extensions: readonly string[];
  /** Extensions of other formats whose files may look like this too. */
  readonly wraps?: readonly string[];
  /** Programs give the name to pages in HTML too, which theirs opens. */
  readonly mayBePage?: boolean;
  /** What to do with such a file, when there is no parser for it. */
  readonly advice?: string;
}

interface Signature extends BinaryKind {
  /** Latin-1 characters that the bytes begin with. */
  readonly magic: string;
  readonly offset?: number;
  /** Counts even when the content is text. Other magic made of letters alone does not: words may begin so. */
  readonly evenIfText?: boolean;
  /** Under a name of its own, the magic may also stand this many bytes in. */
  readonly mayFollow?: number;
}

const NAME_IT = 'Give it a name that ends in what it is: .doc, .xls, .ppt or .msg.';
const COMPOUND_FILE = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';
const UNPACK = 'Unpack it and upload the files in it.';
const NEEDS_AI_WORKER = 'The text of images is recognised where the service has an AI worker (AI_WORKER_URL).';

const SIGNATURES: readonly Signature[] = [
  { name: 'a PDF document', extensions: ['pdf'], magic: '%PDF-', evenIfText: true, mayFollow: 1024 },
  { name: 'a PostScript document', extensions: ['ps', 'eps'], magic: '%!PS', evenIfText: true },
  { name: 'an RTF document', extensions: ['rtf'], wraps: ['doc', 'dot'], magic: '{\\rtf', evenIfText: true },
  { name: 'a PNG image', extensions: ['png'], magic: '\x89PNG\r\n\x1a\n', advice: NEEDS_AI_WORKER },
  { name: 'a JPEG image', extensions: ['jpg', 'jpeg', 'jfif'], magic: '\xff\xd8\xff', advice: NEEDS_AI_WORKER },
  { name: 'a GIF image', extensions: ['gif'], magic: 'GIF8' },
  { name: 'a TIFF image', extensions: ['tif', 'tiff'], magic: 'II*\0', advice: NEEDS_AI_WORKER },
  { name: 'a TIFF image', extensions: ['tif', 'tiff'], magic: 'MM\0*', advice: NEEDS_AI_WORKER },
  { name: 'a TIFF image', extensions: ['tif', 'tiff'], magic: 'II+\0', advice: NEEDS_AI_WORKER },
  { name: 'a TIFF image', extensions: ['tif', 'tiff'], magic: 'MM\0+', advice: NEEDS_AI_WORKER },
  { name: 'a WebP image', extensions: ['webp'], magic: 'WEBP', offset: 8, advice: NEEDS_AI_WORKER },
  { name: 'a bitmap image', extensions: ['bmp'], magic: 'BM' },
  { name: 'an icon', extensions: ['ico'], magic: '\0\0\x01\0' },
  { name: 'a gzip archive', extensions: ['gz', 'tgz'], advice: UNPACK, magic: '\x1f\x8b' },
  { name: 'a bzip2 archive', extensions: ['bz2'], advice: UNPACK, magic: 'BZh' },
  { name: 'an xz archive', extensions: ['xz'], advice: UNPACK, magic: '\xfd7zXZ\0' },
  { name: 'a Zstandard archive', extensions: ['zst'], advice: UNPACK, magic: '\x28\xb5\x2f\xfd' },
  { name: 'a 7-Zip archive', extensions: ['7z'], advice: UNPACK, magic: '7z\xbc\xaf\x27\x1c' },
  { name: 'a RAR archive', extensions: ['rar'], magic: 'Rar!\x1a\x07' },
  { name: 'a tar archive', extensions: ['tar'], magic: 'ustar', offset: 257 },
  {
    name: 'an older Office document (DOC, XLS or PPT)', extensions: [], magic: COMPOUND_FILE, advice: NAME_IT,
    // An encrypted document is wrapped in the old container.
    wraps: ['docx', 'docm', 'dotx', 'dotm', 'xlsx', 'xlsm', 'xltx', 'pptx', 'pptm', 'ppsx', 'potx'],
  },
  { name: 'an older Word document (DOC)', extensions: ['doc', 'dot'], magic: COMPOUND_FILE, mayBePage: true },
  { name: 'an older Excel workbook (XLS)', extensions: ['xls', 'xlt'], magic: COMPOUND_FILE, mayBePage: true },
  { name: 'an older PowerPoint presentation (PPT)', extensions: ['ppt', 'pps', 'pot'], magic: COMPOUND_FILE },
  { name: 'an Outlook message (MSG)', extensions: ['msg'], magic: COMPOUND_FILE },
  { name: 'a program (ELF)', extensions: ['elf'], magic: '\x7fELF' },
  { name: 'a program (Windows)', extensions: ['exe', 'dll'], magic: 'MZ' },
  { name: 'a program (Java class)', extensions: ['class'], magic: '\xca\xfe\xba\xbe' },
  { name: 'a program (Mach-O)', extensions: ['dylib'], magic: '\xcf\xfa\xed\xfe' },
  { name: 'a program (WebAssembly)', extensions: ['wasm'], magic: '\0asm' },
  { name: 'an SQLite database', extensions: ['sqlite', 'sqlite3'], magic: 'SQLite format 3\0' },
  { name: 'a Parquet table', extensions: ['parquet'], magic: 'PAR1' },
  { name: 'an MP4 or QuickTime video', extensions: ['mp4', 'm4v', 'm4a', 'mov', 'heic', 'avif'], magic: 'ftyp', offset: 4 },
  { name: 'a WAV recording', extensions: ['wav'], magic: 'WAVE', offset: 8 },
  { name: 'an AVI video', extensions: ['avi'], magic: 'AVI ', offset: 8 },
  { name: 'an Ogg recording', extensions: ['ogg', 'oga', 'ogv', 'opus'], magic: 'OggS' },
  { name: 'a FLAC recording', extensions: ['flac'], magic: 'fLaC' },
  { name: 'an MP3 recording', extensions: ['mp3'], magic: 'ID3' },
  { name: 'a Matroska video', extensions: ['mkv', 'webm'], magic: '\x1a\x45\xdf\xa3' },
  { name: 'a font', extensions: ['woff', 'woff2'], magic: 'wOF' },
]; // prettier-ignore

/** ZIP archives that are documents, told apart by the names of their entries. */
const ZIP_KINDS: readonly (BinaryKind & { readonly entry: string })[] = [
  { name: 'a Word document (DOCX)', extensions: ['docx', 'docm', 'dotx', 'dotm'], entry: 'word/' },
  { name: 'an Excel workbook (XLSX)', extensions: ['xlsx', 'xlsm', 'xltx'], entry: 'xl/' },
  { name: 'a PowerPoint presentation (PPTX)', extensions: ['pptx', 'pptm', 'ppsx', 'potx'], entry: 'ppt/' },
  { name: 'an EPUB book', extensions: ['epub'], entry: 'application/epub+zip' },
  { name: 'an OpenDocument text (ODT)', extensions: ['odt', 'ott'], entry: 'application/vnd.oasis.opendocument.text' },
  {
    name: 'an OpenDocument sheet (ODS)',
    extensions: ['ods', 'ots'],
    entry: 'application/vnd.oasis.opendocument.spreadsheet',
  },
  {
    name: 'an OpenDocument presentation (ODP)',
    extensions: ['odp', 'otp'],
    entry: 'application/vnd.oasis.opendocument.presentation',
  },
  { name: 'an OpenDocument file', extensions: ['odg', 'odf', 'odb'], entry: 'application/vnd.oasis.opendocument' },
  { name: 'a Java archive', extensions: ['jar', 'war'], entry: 'META-INF/' },
];
/** No text begins with such bytes. */
const UNPRINTABLE = /[^\x20-\x7e]/;
const ZIP: BinaryKind = { name: 'a ZIP archive', extensions: ['zip'], advice: UNPACK };
/** One of which too little is seen to tell what it is. */
const ZIP_CUT_OFF: BinaryKind = { ...ZIP, wraps: ZIP_KINDS.flatMap((kind) => kind.extensions) };

/** The start of a file, and what its name says of it. */
export interface FileHead {
  readonly head: Uint8Array;
  /** Whether the head is all of the file. */
  readonly isWhole: boolean;
  /** Whether it reads as text; most printable magic then means nothing. */
  readonly isText: boolean;
  /** Of the name, lower case. */
  readonly extension: string;
}

/** The kind these bytes are known to be, if any; of several with the same first bytes, the one that the name says. */
export function recogniseBinary({ head, isWhole, isText, extension }: FileHead): BinaryKind | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  if (/^PK(?:\x03\x04|\x05\x06|\x07\x08)/.test(text)) {
    return (
      ZIP_KINDS.find(({ entry }) => text.includes(entry) || text.includes(entry.toUpperCase())) ??
      (isWhole ? ZIP : ZIP_CUT_OFF)
    );
  }
  const atStart = SIGNATURES.filter(
    (signature) =>
      (!isText || signature.evenIfText === true || UNPRINTABLE.test(signature.magic)) &&
      text.startsWith(signature.magic, signature.offset ?? 0),
  );
  const named = atStart.find(({ extensions }) => extensions.includes(extension));
  return named ?? atStart[0] ?? SIGNATURES.find((signature) => followsJunk(signature, text, extension));
}

function followsJunk({ magic, extensions, mayFollow }: Signature, text: string, extension: string): boolean {
  if (mayFollow === undefined || !extensions.includes(extension)) return false;
  return text.slice(0, mayFollow + magic.length).includes(magic);
}

const NAMED_KINDS: readonly BinaryKind[] = [...SIGNATURES, ...ZIP_KINDS, ZIP];

/** The kind that a name of this extension promises, if it is a binary one. */
export function binaryKindOfExtension(extension: string): BinaryKind | undefined {
  return NAMED_KINDS.find((kind) => kind.extensions.includes(extension));
}
