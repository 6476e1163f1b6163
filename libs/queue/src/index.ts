export { QueueTimeoutError } from './answered-within';
export { LaneConsumers } from './lane-consumers';
export { LaneProcessor, ProcessesLane } from './lane-processor';
export { LaneQueues } from './lane-queues';
export { type Delivery, type IngestionJob, jobId, queueName } from './lanes';
export { QueueModule } from './queue.module';
