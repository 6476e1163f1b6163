export { FilesService, type FileUpload } from './files.service';
export { IngestionModule } from './ingestion.module';
export { IngestionRuntime } from './ingestion-runtime';
export {
  IngestionService,
  type Removed,
  type Reprocessed,
  type Retried,
  type Submission,
  type Submitted,
} from './ingestion.service';
export { PageViews } from './page-views';
export { Reconciler } from './reconciler';
export { type SpooledFile } from './spool';
