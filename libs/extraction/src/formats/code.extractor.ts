import { BlockList } from '../block-list';
import { decodeText } from '../charset/text-decoding';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';
import { isWhiteSpace, normaliseText } from '../text-normalisation';

/** Source code, configuration, XML and the like: served as it is, in blocks that end where an empty line does. */
export class CodeExtractor implements TextExtractor {
  readonly format = 'code';
  readonly lane = 'fast';
  readonly extensions = [
    'xml', 'xsd', 'xsl', 'rss', 'atom', 'svg', 'yaml', 'yml', 'toml', 'ini', 'cfg', 'conf', 'properties', 'env', 'js', 'mjs', 'cjs',
    'jsx', 'ts', 'tsx', 'vue', 'css', 'scss', 'py', 'rb', 'php', 'pl', 'java', 'kt', 'kts', 'scala', 'go', 'rs', 'c', 'h',
    'cc', 'cpp', 'hpp', 'cs', 'swift', 'm', 'sh', 'bash', 'ps1', 'bat', 'sql', 'r', 'lua', 'dart', 'tf', 'proto', 'graphql',
    'tex', 'bib', 'rst', 'adoc', 'org', 'diff', 'patch',
  ]; // prettier-ignore
  readonly mediaTypes = ['text/x-source', 'application/xml', 'text/xml', 'application/yaml', 'text/yaml'];

  extract(source: ExtractionSource): Promise<ExtractedDocument> {
    return new Promise((resolve) => resolve(extractCode(source)));
  }
}

/** One for all blocks. */
const NO_TITLES: readonly string[] = [];
const LINE_FEED = 0x0a;

/** @throws IngestionFailure `TOO_LARGE`, `UNKNOWN_CHARSET` */
export function extractCode(source: ExtractionSource): ExtractedDocument {
  const text = normaliseText(decodeText(source, 'xml'));
  const list = new BlockList();
  let start = -1;
  let end = 0;
  let lineStart = 0;
  let lineFeeds = 0;
  for (let index = 0; index < text.length; index += 1) {
    const codeUnit = text.charCodeAt(index);
    if (codeUnit === LINE_FEED) {
      lineFeeds += 1;
      lineStart = index + 1;
    } else if (!isWhiteSpace(codeUnit)) {
      // What goes on indented belongs to what began above the empty line.
      const begins = start >= 0 && lineFeeds >= 2 && index === lineStart;
      if (begins) list.add({ kind: 'code', start, end, headingPath: NO_TITLES });
      if (begins || start < 0) start = lineStart < index && start < 0 ? lineStart : index;
      end = index + 1;
      lineFeeds = 0;
    }
  }
  if (start >= 0) list.add({ kind: 'code', start, end, headingPath: NO_TITLES });
  return { text, blocks: list.blocks };
}
