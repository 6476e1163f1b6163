export { HttpDrain } from './http-drain';
export { ProcessEnd } from './process-end';
export { ShutdownSequence } from './shutdown-sequence';
export { SHUTDOWN_STAGES, type ShutdownStage } from './shutdown-stages';
export { ShutdownModule } from './shutdown.module';
