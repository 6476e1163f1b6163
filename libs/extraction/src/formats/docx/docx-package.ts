import { IngestionFailure } from '@vectorlane/errors';
import { type ZipArchive, damaged } from '../container/zip-archive';
import { type XmlAttributes, type XmlVisitor, walkXml } from '../container/xml-reader';

/** Which part of the archive is what. Makers name parts as they like; relationships say what each one is for. */
export interface DocxParts {
  readonly document: string;
  readonly styles?: string;
  readonly numbering?: string;
  readonly footnotes?: string;
  readonly endnotes?: string;
}

const MEBIBYTE = 1024 * 1024;
/** Bytes that a part may unpack to. Text that fills the first takes about ten seconds to read. */
export const PART_LIMITS = { document: 256 * MEBIBYTE, notes: 64 * MEBIBYTE, properties: 16 * MEBIBYTE } as const;

const USUAL_DOCUMENT = 'word/document.xml';

/** @throws IngestionFailure `CORRUPT_FILE` when no part is the document */
export async function locateParts(archive: ZipArchive, signal: AbortSignal): Promise<DocxParts> {
  const root = await readRelationships(archive, '', signal);
  const found = root.get('officeDocument') ?? USUAL_DOCUMENT;
  const document = archive.has(found) ? found : USUAL_DOCUMENT;
  if (!archive.has(document)) throw notWord();
  const related = await readRelationships(archive, document, signal);
  const named = (type: 'styles' | 'numbering' | 'footnotes' | 'endnotes'): Partial<DocxParts> => {
    const name = related.get(type) ?? `word/${type}.xml`;
    return archive.has(name) ? { [type]: name } : {};
  };
  return { document, ...named('styles'), ...named('numbering'), ...named('footnotes'), ...named('endnotes') };
}

export function notWord(): IngestionFailure {
  return damaged('There is no Word document in it.');
}

/** Targets by the last word of their type, of a part or (no name) of the whole archive. */
async function readRelationships(
  archive: ZipArchive,
  part: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  const name = `${folder}_rels/${part.slice(folder.length)}.rels`;
  const relationships = new Relationships(folder);
  if (archive.has(name)) await walkXml(archive.read(name, PART_LIMITS.properties, signal), name, relationships);
  return relationships.targets;
}

class Relationships implements XmlVisitor {
  readonly targets = new Map<string, string>();

  constructor(private readonly folder: string) {}

  open(name: string, attributes: XmlAttributes): void {
    if (name !== 'rel:Relationship' || attributes.get('TargetMode') === 'External') return;
    const type = attributes.get('Type') ?? '';
    const kind = type.slice(type.lastIndexOf('/') + 1);
    if (!this.targets.has(kind)) this.targets.set(kind, resolveTarget(this.folder, attributes.get('Target') ?? ''));
  }

  close(): void {}
  text(): void {}
}

/** As a relative reference within the archive; the result is only ever looked up there. */
function resolveTarget(folder: string, target: string): string {
  const resolved: string[] = [];
  for (const segment of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (segment === '..') resolved.pop();
    else if (segment !== '' && segment !== '.') resolved.push(segment);
  }
  return resolved.join('/');
}
