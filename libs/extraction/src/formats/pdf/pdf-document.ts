import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument } from '../../text-extractor';
import { type PdfPage, withoutFurniture } from './pdf-furniture';
import { bodySize, headingLevels } from './pdf-headings';
import { outlineLevels, type OutlineEntry } from './pdf-outline';
import { joinLines, joinTables } from './pdf-paragraphs';
import { documentTraits } from './pdf-traits';

/** From pages of lines to the one text with its blocks: the same for digital and for recognised pages. */
export function composePages(all: readonly PdfPage[], outline: readonly OutlineEntry[]): ExtractedDocument {
  const pages = withoutFurniture(all);
  const traits = documentTraits(pages, outlineLevels(outline, pages));
  const paragraphs = joinTables(pages.flatMap((page) => joinLines(page, traits)));
  const levels = headingLevels(paragraphs, bodySize(pages), traits.bodyFonts);
  const assembly = new TextAssembly();
  for (const paragraph of paragraphs) {
    const { text, page, row } = paragraph;
    const level = levels.get(paragraph);
    if (row !== undefined) {
      assembly.add({ kind: 'row', text, page, ...(row > 0 && { row, separator: '\n' }) });
      continue;
    }
    assembly.add(
      level === undefined
        ? { kind: paragraph.kind, text, page }
        : { kind: 'heading', level, text: text.replace(/\s+/g, ' '), page },
    );
  }
  return assembly.finish();
}
