export { ExtractionModule } from './extraction.module';
export { ExtractionService } from './extraction.service';
export { normaliseFilename } from './detect/filename';
export { detectFormat, type DetectedFormat, type FormatEvidence } from './detect/format-detection';
export {
  type ExtractedDocument,
  type ExtractionSource,
  TEXT_EXTRACTORS,
  type TextBlock,
  type TextExtractor,
} from './text-extractor';
