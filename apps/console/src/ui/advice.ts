import type { Document } from '../api/types';

type FailureCode = NonNullable<Document['failure']>['code'];

/** What a person can do about each failure. The message beside it says what is wrong with this very file. */
const ADVICE: Readonly<Record<FailureCode, string>> = {
  UNSUPPORTED_FORMAT: 'Save it in a format that is read (PDF, Word, HTML, text and others) and upload that.',
  CORRUPT_FILE: 'The file is damaged or cut off. Open it in its own program, save it again, and upload that.',
  PASSWORD_PROTECTED: 'Take the password off in the program that made it, and upload it again.',
  EMPTY_CONTENT: 'There is no text in it. If there should be, look at the file in its own program.',
  NEEDS_OCR: 'Its pages are pictures. Start the AI worker, which recognises text in them, then retry.',
  TOO_LARGE: 'Split it into smaller files, or raise the limits of the service.',
  UNKNOWN_CHARSET: 'Save the text in UTF-8 and upload it again.',
  TIMEOUT: 'It took too long. Retry when there is less to do, or split it.',
  PARSER_CRASHED: 'Its content ends the program that reads it. Save it again in its own program, or as PDF.',
  PROCESS_CRASHED: 'The service ended several times while it worked on it. Look at its memory, then retry.',
  EXTRACTION_UNAVAILABLE: 'The AI worker did not answer. Retry when it is back.',
  EMBEDDING_UNAVAILABLE: 'The embedding model did not answer. Retry when it is back.',
  INTERNAL_ERROR: 'This is a fault of the service. Retry once; if it fails again, look into the log for this document.',
};

export function adviceFor(code: FailureCode): string {
  return ADVICE[code];
}
