export { hasAtMost } from './characters';
export { COLLECTION_NAME, CollectionName, DEFAULT_COLLECTION } from './collection';
export { Coverage, CoverageCode, coverageNote, MAX_NOTES, MAX_LISTED_PAGES } from './coverage';
export { isAboutReading, noteInWords } from './coverage-words';
export { DocumentCondition, METADATA_CONDITION, type MetadataCondition, type MetadataScalar } from './filter';
export { mergePatch } from './merge-patch';
export { NAMED_POSITIONS, ORDINAL_POSITIONS, Place, placeAt, placeInWords, Position, positionOf } from './place';
export {
  BlockKind,
  DeliveryStatus,
  Dependency,
  DocumentStatus,
  EventType,
  ExhaustedLimit,
  FinalStatus,
  HEADING_SEPARATOR,
  JobState,
  Lane,
  ManifestState,
  NumberType,
  OnDuplicate,
  Pooling,
  Scope,
  SearchMode,
  Degradation,
  Stage,
  StageTimings,
  UnfinishedStatus,
  WorkProgress,
  WorkStage,
} from './vocabulary';
