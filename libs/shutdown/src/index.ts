export { SHUTDOWN_STAGES, ShutdownSequence, type ShutdownStage } from './shutdown-sequence';
export { ShutdownModule } from './shutdown.module';
