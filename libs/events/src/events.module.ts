import { Global, Module } from '@nestjs/common';
import { EventLogRepository } from './event-log.repository';
import { EventWakes } from './event-wakes';

/** What happened to documents, for everybody who writes or reads of it. */
@Global()
@Module({
  providers: [EventLogRepository, EventWakes],
  exports: [EventLogRepository, EventWakes],
})
export class EventsModule {}
