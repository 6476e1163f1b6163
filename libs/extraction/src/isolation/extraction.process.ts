import { createExtractors, indexExtractors } from '../extractors';
import { serveProcess } from './parser-process-child';

/** Entry of a parser process: the heavy formats, away from the memory and the secrets of the program. */
serveProcess(indexExtractors(createExtractors()));
