import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ProbesController } from './probes.controller';
import { ProbesService } from './probes.service';
import { ReadinessMonitor } from './readiness-monitor';
import { ReadinessRegistry } from './readiness-registry';

/** Global: indicators register themselves from the rooms that own the connections. */
@Global()
@Module({
  imports: [TerminusModule],
  controllers: [ProbesController],
  providers: [ReadinessRegistry, ReadinessMonitor, ProbesService],
  exports: [ReadinessRegistry],
})
export class HealthModule {}
