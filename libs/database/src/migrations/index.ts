import { InitialSchema1764000000000 } from './1764000000000-initial-schema';
import { TaskLeases1764200000000 } from './1764200000000-task-leases';
import { RateLimitOfAKey1764300000000 } from './1764300000000-rate-limit-of-a-key';
import { WaitingDocuments1765100000000 } from './1765100000000-waiting-documents';
import { Words1765200000000 } from './1765200000000-words';
import { CoverageOfADocument1765300000000 } from './1765300000000-coverage-of-a-document';
import { Collections1765500000000 } from './1765500000000-collections';
import { Revisions1765600000000 } from './1765600000000-revisions';
import { DocumentEvents1765700000000 } from './1765700000000-document-events';
import { DocumentsByName1765710000000 } from './1765710000000-documents-by-name';
import { PlacesOfChunks1765800000000 } from './1765800000000-places-of-chunks';
import { Webhooks1765830000000 } from './1765830000000-webhooks';
import { ConsoleSessions1765900000000 } from './1765900000000-console-sessions';
import { FailuresOfKeys1766100000000 } from './1766100000000-failures-of-keys';
import { TurnsOfKeys1766000000000 } from './1766000000000-turns-of-keys';
import { ProgressOfWork1766200000000 } from './1766200000000-progress-of-work';
import { CoverageInEvents1766310000000 } from './1766310000000-coverage-in-events';
import { SwitchedDocuments1766300000000 } from './1766300000000-switched-documents';
import { MomentOfASwitch1766320000000 } from './1766320000000-moment-of-a-switch';
import { FailedDocuments1765400000000 } from './1765400000000-failed-documents';
import { Files1765820000000 } from './1765820000000-files';
import { PlaceOfAChunk1765310000000 } from './1765310000000-place-of-a-chunk';
import { WordPairs1765410000000 } from './1765410000000-word-pairs';

/** In the order they run. A migration that has landed is never edited; a mistake is fixed by the next one. */
export const MIGRATIONS = [
  InitialSchema1764000000000,
  TaskLeases1764200000000,
  RateLimitOfAKey1764300000000,
  WaitingDocuments1765100000000,
  Words1765200000000,
  CoverageOfADocument1765300000000,
  PlaceOfAChunk1765310000000,
  FailedDocuments1765400000000,
  WordPairs1765410000000,
  Collections1765500000000,
  Revisions1765600000000,
  DocumentEvents1765700000000,
  DocumentsByName1765710000000,
  PlacesOfChunks1765800000000,
  Files1765820000000,
  Webhooks1765830000000,
  ConsoleSessions1765900000000,
  TurnsOfKeys1766000000000,
  FailuresOfKeys1766100000000,
  ProgressOfWork1766200000000,
  SwitchedDocuments1766300000000,
  CoverageInEvents1766310000000,
  MomentOfASwitch1766320000000,
];
