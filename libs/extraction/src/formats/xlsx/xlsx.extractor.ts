import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import {
  isEncryptedPackage,
  openCompoundFile,
  readingCompoundFile,
  refuseCompoundFile,
} from '../container/compound-file';
import { decryptPackage, DEFAULT_PASSWORD } from '../container/office-encryption';
import { visitXml } from '../container/xml-reader';
import { passwordProtected, ZipArchive } from '../container/zip-archive';
import { readRelationships } from '../ooxml/relationships';
import { sheetPlace, TableText } from '../table-text';
import { NumberFormats } from './number-format';
import { type Sheet, SharedStrings, SheetReader, WorkbookReader, WorkbookStyles } from './workbook';

/** Excel workbooks (OOXML): each sheet under its name, hidden or not, each row with the values as they are shown. */
export class XlsxExtractor implements TextExtractor {
  readonly format = 'xlsx';
  readonly lane = 'heavy';
  readonly extensions = ['xlsx', 'xlsm', 'xltx'];
  readonly mediaTypes = [
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.template',
    'application/vnd.ms-excel.sheet.macroenabled.12',
  ];

  extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    return extractXlsx(source, signal);
  }
}

const PART_LIMIT = 256 * 1024 * 1024;

/** @throws IngestionFailure `CORRUPT_FILE`, `PASSWORD_PROTECTED`, `TOO_LARGE`; the signal's reason */
export async function extractXlsx({ bytes }: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
  if (bytes.length === 0) return { text: '', blocks: [] };
  if (!isEncryptedPackage(bytes)) refuseCompoundFile(bytes);
  const archive = ZipArchive.open(isEncryptedPackage(bytes) ? await decrypted(bytes) : bytes);
  const root = await readRelationships(archive, '', signal);
  const main = root.find(({ kind }) => kind === 'officeDocument')?.target ?? 'xl/workbook.xml';
  if (!archive.has(main)) throw notWorkbook();
  const workbook = new WorkbookReader();
  await visitXml(archive.read(main, PART_LIMIT, signal), main, workbook);
  if (!workbook.isWorkbook) throw notWorkbook();

  const related = await readRelationships(archive, main, signal);
  const partOf = (kind: string): string | undefined =>
    related.find((one) => one.kind === kind && archive.has(one.target))?.target;
  const strings = new SharedStrings();
  const stringsPart = partOf('sharedStrings');
  if (stringsPart !== undefined) await visitXml(archive.read(stringsPart, PART_LIMIT, signal), stringsPart, strings);
  const styles = new WorkbookStyles(await NumberFormats.load(workbook.from1904));
  const stylesPart = partOf('styles');
  if (stylesPart !== undefined) await visitXml(archive.read(stylesPart, PART_LIMIT, signal), stylesPart, styles);

  const targets = new Map(related.map(({ id, target }) => [id, target]));
  const assembly = new TextAssembly();
  const read = async ({ name, id }: Sheet): Promise<void> => {
    const part = targets.get(id);
    if (part === undefined || !archive.has(part)) return;
    const table = new TableText(assembly, [name], name);
    let hasTitle = false;
    const reader = new SheetReader(strings.values, styles, (cells, row) => {
      // A sheet with nothing in it is not named either.
      if (!hasTitle) assembly.add({ kind: 'heading', text: name, headingPath: [], ...sheetPlace(name) });
      hasTitle = true;
      table.add(cells, row);
    });
    await visitXml(archive.read(part, PART_LIMIT, signal), part, reader);
    table.finish();
  };
  for (const sheet of workbook.sheets) await read(sheet);
  return assembly.finish();
}

/** @throws IngestionFailure `PASSWORD_PROTECTED` unless its password is the one that everybody knows; `CORRUPT_FILE` */
async function decrypted(bytes: Uint8Array): Promise<Uint8Array> {
  const found = await readingCompoundFile(
    'This workbook is encrypted and damaged. Save a copy without a password.',
    () => decryptPackage(openCompoundFile(bytes), DEFAULT_PASSWORD),
  );
  if (found === undefined) throw passwordProtected();
  return found;
}

function notWorkbook(): IngestionFailure {
  return new IngestionFailure(
    'CORRUPT_FILE',
    'There is no workbook in this file. Open it in a spreadsheet program, save it as XLSX and upload that.',
  );
}
