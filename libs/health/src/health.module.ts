import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ProbesController } from './probes.controller';
import { ProbesService } from './probes.service';
import { ReadinessMonitor } from './readiness-monitor';
import { ReadinessRegistry } from './readiness-registry';

/** Global: indicators register themselves from the libraries that own the connections. */
@Global()
@Module({
  // A loss is logged once, by the monitor; Terminus would log it again at every probe.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [ProbesController],
  providers: [ReadinessRegistry, ReadinessMonitor, ProbesService],
  exports: [ReadinessRegistry],
})
export class HealthModule {}
