export { Coverage, CoverageCode, coverageNote, MAX_LISTED_PAGES } from './coverage';
export {
  BlockKind,
  DocumentStatus,
  ExhaustedLimit,
  FinalStatus,
  HEADING_SEPARATOR,
  JobState,
  Lane,
  NumberType,
  Pooling,
  Scope,
  SearchMode,
  Stage,
  StageTimings,
  WorkStage,
} from './vocabulary';
