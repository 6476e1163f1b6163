export { HealthModule } from './health.module';
export { ProbesController } from './probes.controller';
export type { ReadinessIndicator } from './readiness-indicator';
export { ReadinessRegistry } from './readiness-registry';
export { VERSION } from './version';
