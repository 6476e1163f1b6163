import { Problem } from '@vectorlane/errors';
import { type BinaryKind, binaryKindOfExtension, recogniseBinary } from './binary-signatures';
import { extensionOf } from './filename';
import type { TextExtractor } from '../text-extractor';
import { looksLikeHtml, looksLikeJson, looksLikeMail, looksLikeText, peekText } from './text-sniffing';

/** What is known of a file before it is read. */
export interface FormatEvidence {
  /** The first 64 KiB, or the whole file when it is shorter. */
  readonly head: Uint8Array;
  /** Normalised. */
  readonly filename?: string;
  /** `Content-Type` as the uploader sent it; parameters are ignored. */
  readonly declaredMediaType?: string;
}

export interface DetectedFormat {
  readonly format: string;
  readonly lane: TextExtractor['lane'];
  /** The usual media type of the format. */
  readonly mediaType: string;
}

const HEAD_BYTES = 64 * 1024;

/**
 * The format of a file, from content and name together: content that is known to be something else than its name says
 * is refused instead of being read as what it is not. The declared media type only counts where neither speaks.
 * @throws Problem `UNSUPPORTED_FORMAT` with what was found and what is supported
 */
export function detectFormat(evidence: FormatEvidence, extractors: ReadonlyMap<string, TextExtractor>): DetectedFormat {
  const all = [...extractors.values()];
  const head = evidence.head.subarray(0, HEAD_BYTES);
  const extension = extensionOf(evidence.filename ?? '');
  const isText = looksLikeText(head);
  const binary = recogniseBinary({ head, isWhole: head.length < HEAD_BYTES, isText, extension });
  if (binary === undefined && !isText) {
    const file = extension === '' ? 'The file' : `The file ends in ".${extension}" and`;
    throw refusal(`${file} holds bytes that are neither text nor of a known kind.`, all);
  }
  const extractor =
    binary === undefined ? forText({ ...evidence, head }, extension, all) : forBinary(binary, extension, all);
  return { format: extractor.format, lane: extractor.lane, mediaType: extractor.mediaTypes[0] ?? 'text/plain' };
}

function forBinary(kind: BinaryKind, extension: string, all: readonly TextExtractor[]): TextExtractor {
  const named = byExtension(extension, all);
  const promised = named !== undefined || binaryKindOfExtension(extension) !== undefined;
  const read = byExtension(kind.extensions[0] ?? '', all);
  const advice = kind.advice === undefined || read !== undefined ? '' : ` ${kind.advice}`;
  if (promised && !kind.extensions.includes(extension) && kind.wraps?.includes(extension) !== true) {
    throw refusal(`The name ends in ".${extension}", but the content is ${kind.name}.${advice}`, all);
  }
  // Content has the last word; a name tells apart what looks the same.
  const extractor = read ?? named;
  if (extractor === undefined) throw refusal(`The content is ${kind.name}, which is not supported.${advice}`, all);
  return extractor;
}

function forText(evidence: FormatEvidence, extension: string, all: readonly TextExtractor[]): TextExtractor {
  const promised = binaryKindOfExtension(extension);
  const sniffed = bySniffing(evidence.head, all);
  if (promised?.mayBePage === true && sniffed?.format === 'html') return sniffed;
  // Nothing to hold against an empty file; that it has no text is found when it is read.
  if (promised !== undefined && evidence.head.length > 0) {
    throw refusal(`The name ends in ".${extension}", but the content is plain text and not ${promised.name}.`, all);
  }
  const extractor =
    byExtension(extension, all) ??
    sniffed ??
    byMediaType(evidence.declaredMediaType, all) ??
    all.find((candidate) => candidate.format === 'txt');
  if (extractor === undefined) throw refusal('The content is plain text, which is not supported.', all);
  return extractor;
}

function bySniffing(head: Uint8Array, all: readonly TextExtractor[]): TextExtractor | undefined {
  const text = peekText(head);
  if (looksLikeJson(text, head.length < HEAD_BYTES)) return all.find((candidate) => candidate.format === 'json');
  if (looksLikeMail(text)) return all.find((candidate) => candidate.format === 'eml');
  if (looksLikeHtml(text)) return all.find((candidate) => candidate.format === 'html');
  return undefined;
}

function byExtension(extension: string, all: readonly TextExtractor[]): TextExtractor | undefined {
  return extension === '' ? undefined : all.find((candidate) => candidate.extensions.includes(extension));
}

function byMediaType(declared: string | undefined, all: readonly TextExtractor[]): TextExtractor | undefined {
  const mediaType = declared?.split(';', 1)[0]?.trim().toLowerCase();
  // A declared binary type over plain text is as little to be believed as a missing one.
  return all.find((candidate) => candidate.lane === 'fast' && candidate.mediaTypes.includes(mediaType ?? ''));
}

function refusal(found: string, all: readonly TextExtractor[]): Problem {
  const supported = all.map((extractor) => extractor.extensions[0] ?? extractor.format).join(', ');
  return new Problem('UNSUPPORTED_FORMAT', `${found} Supported are: ${supported}.`);
}
