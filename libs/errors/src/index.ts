export { dependencyOf } from './dependency';
export {
  dependencyErrorType,
  ERROR_TRACKER,
  ERROR_TYPES,
  ingestionErrorType,
  isFaultOfDocument,
  NO_ERROR_TRACKER,
  type ErrorContext,
  type ErrorTracker,
  type ErrorType,
} from './error-tracker';
export {
  INGESTION_FAILURES,
  IngestionFailure,
  type IngestionFailureCode,
  type IngestionFailureOptions,
} from './ingestion-failure';
export { Problem, PROBLEMS, problemType, type ProblemCode, type ProblemOptions } from './problem';
export { cutText, firstText, replaceToFit } from './text/cut';
export { errorText, redact } from './text/redaction';
