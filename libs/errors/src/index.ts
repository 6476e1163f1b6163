export { INGESTION_FAILURES, IngestionFailure, type IngestionFailureCode } from './ingestion-failure';
export { Problem, PROBLEMS, type ProblemCode, type ProblemOptions } from './problem';
