import { Injectable, Module } from '@nestjs/common';
import { LaneConsumers, LaneProcessor, ProcessesLane } from '@vectorlane/queue';

/** Both lanes worked by somebody who is done at once: for tests of the queue, not of what is queued. */

@Injectable()
@ProcessesLane('fast')
export class FastProcessor extends LaneProcessor {
  constructor(consumers: LaneConsumers) {
    super('fast', 1, consumers);
  }
  protected deliver(): Promise<void> {
    return Promise.resolve();
  }
}

@Injectable()
@ProcessesLane('heavy')
export class HeavyProcessor extends LaneProcessor {
  constructor(consumers: LaneConsumers) {
    super('heavy', 1, consumers);
  }
  protected deliver(): Promise<void> {
    return Promise.resolve();
  }
}

@Module({ providers: [FastProcessor, HeavyProcessor] })
export class IdleLanes {}
