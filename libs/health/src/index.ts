export { HealthModule } from './health.module';
export { ProbesController } from './probes.controller';
export type { ReadinessDetails, ReadinessIndicator } from './readiness-indicator';
export { type ReadinessListener, ReadinessRegistry } from './readiness-registry';
export { VERSION } from './version';
