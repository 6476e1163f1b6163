export { ExtractionModule } from './extraction.module';
export { ExtractionService } from './extraction.service';
export { normaliseFilename } from './detect/filename';
export type { DetectedFormat, FormatEvidence } from './detect/format-detection';
export { type PageBox, type PageView, type PageWish, PAINTED_FORMATS } from './page-view';
export type { ExtractedDocument, ExtractionSource, TextBlock } from './text-extractor';
