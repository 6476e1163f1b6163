export {
  dependencyErrorType,
  ERROR_TRACKER,
  ERROR_TYPES,
  ingestionErrorType,
  NO_ERROR_TRACKER,
  type ErrorContext,
  type ErrorTracker,
  type ErrorType,
} from './error-tracker';
export { INGESTION_FAILURES, IngestionFailure, type IngestionFailureCode } from './ingestion-failure';
export { Problem, PROBLEMS, problemType, type ProblemCode, type ProblemOptions } from './problem';
