import { Injectable } from '@nestjs/common';
import { ReadinessRegistry } from '@vectorlane/health';
import { Metrics } from '@vectorlane/metrics';

/** `dependency_up`: health and metrics do not know each other, so the application introduces them. */
@Injectable()
export class DependencyGauge {
  constructor(readiness: ReadinessRegistry, metrics: Metrics) {
    readiness.onChange((dependency, up) => metrics.dependencyUp.set({ dependency }, up ? 1 : 0));
  }
}
