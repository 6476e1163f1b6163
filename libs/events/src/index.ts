export { type DocumentEvent, EventBody, type EventFilter, passes } from './event';
export { EventFeed } from './event-feed';
export { type EventPage, EventLogRepository, type LogBounds } from './event-log.repository';
export { EventStream } from './event-stream';
export { EventWakes } from './event-wakes';
export { EventsModule } from './events.module';
