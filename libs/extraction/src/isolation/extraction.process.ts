import { RecognisedImageExtractor } from '../ai-worker/recognised-image.extractor';
import { createExtractors, indexExtractors } from '../extractors';
import { serveProcess } from './parser-process-child';

/** Entry of a parser process: all formats, away from the memory and the secrets of the program. */
serveProcess(indexExtractors([...createExtractors(), new RecognisedImageExtractor()]));
