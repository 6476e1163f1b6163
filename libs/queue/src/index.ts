export { QueueTimeoutError } from './bounded';
export { LaneConsumers } from './lane-consumers';
export { LaneProcessor, ProcessesLane } from './lane-processor';
export { LaneQueues } from './lane-queues';
export { type Delivery, type IngestionJob, jobId, type Lane, LANES, queueName } from './lanes';
export { QueueModule } from './queue.module';
