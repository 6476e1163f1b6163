import { Injectable, Module, type Type } from '@nestjs/common';
import type { Lane } from '@vectorlane/domain';
import { LaneConsumers, LaneProcessor, ProcessesLane } from '@vectorlane/queue';

function idleLane(lane: Lane): Type<LaneProcessor> {
  @Injectable()
  @ProcessesLane(lane)
  class IdleLaneProcessor extends LaneProcessor {
    constructor(consumers: LaneConsumers) {
      super(lane, 1, consumers);
    }
    protected deliver(): Promise<void> {
      return Promise.resolve();
    }
  }
  return IdleLaneProcessor;
}

export const FastProcessor = idleLane('fast');
export const HeavyProcessor = idleLane('heavy');

/** Every lane, with processors that are done at once: for tests of the queue, not of what is queued. */
@Module({ providers: [FastProcessor, HeavyProcessor] })
export class IdleLanes {}
