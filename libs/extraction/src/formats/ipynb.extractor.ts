import { IngestionFailure } from '@vectorlane/errors';
import { z } from 'zod';
import { decodeText } from '../charset/text-decoding';
import { TextAssembly } from '../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';
import { appendDocument } from './files-inside';
import { extractMd } from './md/md.extractor';

/** Jupyter notebooks: text cells as Markdown, code cells as code, and what they printed. Pictures are no text. */
export class IpynbExtractor implements TextExtractor {
  readonly format = 'ipynb';
  readonly lane = 'fast';
  readonly extensions = ['ipynb'];
  readonly mediaTypes = ['application/x-ipynb+json'];

  extract(source: ExtractionSource): Promise<ExtractedDocument> {
    return new Promise((resolve) => resolve(extractIpynb(source)));
  }
}

const lines = z
  .union([z.string(), z.array(z.string())])
  .transform((text) => (typeof text === 'string' ? text : text.join('')));
const output = z.object({
  output_type: z.string().catch(''),
  text: lines.optional().catch(undefined),
  data: z.record(z.string(), z.unknown()).optional().catch(undefined),
  ename: z.string().optional().catch(undefined),
  evalue: z.string().optional().catch(undefined),
});
const cell = z.object({
  cell_type: z.string().catch('raw'),
  source: lines.catch(''),
  outputs: z.array(output).catch([]).default([]),
});
const notebook = z.union([
  z.object({ cells: z.array(cell) }),
  // Before version 4.
  z
    .object({ worksheets: z.array(z.object({ cells: z.array(cell) })) })
    .transform(({ worksheets }) => ({ cells: worksheets.flatMap((sheet) => sheet.cells) })),
]);

/** Longer output is a log, of which the beginning says enough. */
const MAX_OUTPUT_LENGTH = 20_000;
/** Colours of a terminal. */
const ESCAPE_SEQUENCES = /\x1b\[[\d;]{0,20}[A-Za-z]/g;

/** @throws IngestionFailure `CORRUPT_FILE`, `TOO_LARGE` */
export function extractIpynb(source: ExtractionSource): ExtractedDocument {
  const assembly = new TextAssembly();
  const text = decodeText(source);
  if (text.trim() === '') return assembly.finish();
  let titles: readonly string[] = [];
  for (const { cell_type: type, source: content, outputs } of parse(text).cells) {
    if (type === 'markdown' || type === 'heading') {
      const document = extractMd({ bytes: Buffer.from(content), filename: 'cell.md' });
      appendDocument(assembly, document, isUnderHeading(document) ? titles : []);
      titles = titlesAfter(document, titles);
    } else {
      assembly.add({ kind: 'code', text: content, headingPath: titles });
      for (const shown of outputs) assembly.add({ kind: 'code', text: printed(shown), headingPath: titles });
    }
  }
  return assembly.finish();
}

function parse(text: string): z.infer<typeof notebook> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw corrupt(error);
  }
  const parsed = notebook.safeParse(value);
  if (!parsed.success) throw corrupt(parsed.error);
  return parsed.data;
}

function corrupt(cause: unknown): IngestionFailure {
  return new IngestionFailure('CORRUPT_FILE', 'This is not a notebook. Save it again in Jupyter and upload that.', {
    cause,
  });
}

function printed({ text, data, ename, evalue }: z.infer<typeof output>): string {
  const plain = lines.safeParse(data?.['text/plain']);
  const error = ename === undefined ? '' : `${ename}: ${evalue ?? ''}`;
  const shown = text ?? (plain.success ? plain.data : error);
  return shown.slice(0, MAX_OUTPUT_LENGTH).replace(ESCAPE_SEQUENCES, '');
}

/** Whether a cell goes on below the heading of the cells before it. */
function isUnderHeading({ blocks }: ExtractedDocument): boolean {
  return blocks[0] !== undefined && blocks[0].kind !== 'heading';
}

/** Headings that stand above what follows a cell. */
function titlesAfter({ text, blocks }: ExtractedDocument, before: readonly string[]): readonly string[] {
  const last = blocks.findLast(({ kind }) => kind === 'heading');
  if (last === undefined) return before;
  const title =
    text
      .slice(last.start, last.end)
      .replace(/^#+\s*|\s*#+$/g, '')
      .split('\n', 1)[0] ?? '';
  return [...last.headingPath, title.slice(0, 300)];
}
