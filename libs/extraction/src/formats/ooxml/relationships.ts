import type { ZipArchive } from '../container/zip-archive';
import { type XmlAttributes, type XmlVisitor, visitXml } from '../container/xml-reader';

/** OOXML packages name their parts as they like; relationships say what each part is for. */
export interface Relationship {
  readonly id: string;
  /** The last word of its type: `officeDocument`, `slide`, `image`. */
  readonly kind: string;
  /** Name of the part in the archive. */
  readonly target: string;
}

const MAX_RELATIONSHIPS = 100_000;
/** Most bytes that a part of properties may unpack to. */
export const PROPERTIES_LIMIT = 16 * 1024 * 1024;

/** What a part points to inside the archive, in the order of the file. @param part empty for the whole package */
export async function readRelationships(
  archive: ZipArchive,
  part: string,
  signal: AbortSignal,
): Promise<readonly Relationship[]> {
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  const name = `${folder}_rels/${part.slice(folder.length)}.rels`;
  const reader = new RelationshipReader(folder);
  if (archive.has(name)) await visitXml(archive.read(name, PROPERTIES_LIMIT, signal), name, reader);
  return reader.found;
}

class RelationshipReader implements XmlVisitor {
  readonly found: Relationship[] = [];

  constructor(private readonly folder: string) {}

  open(name: string, attributes: XmlAttributes): void {
    if (name !== 'rel:Relationship' || attributes.get('TargetMode') === 'External') return;
    if (this.found.length >= MAX_RELATIONSHIPS) return;
    const type = attributes.get('Type') ?? '';
    this.found.push({
      id: attributes.get('Id') ?? '',
      kind: type.slice(type.lastIndexOf('/') + 1),
      target: resolveTarget(this.folder, attributes.get('Target') ?? ''),
    });
  }

  close(): void {}
  text(): void {}
}

/** As a relative reference within the archive; the result is only ever looked up there. */
export function resolveTarget(folder: string, target: string): string {
  const resolved: string[] = [];
  for (const segment of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (segment === '..') resolved.pop();
    else if (segment !== '' && segment !== '.') resolved.push(segment);
  }
  return resolved.join('/');
}
