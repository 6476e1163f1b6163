import { type DynamicModule, Global, Inject, Injectable, Module, Optional } from '@nestjs/common';
import { ERROR_TRACKER, type ErrorTracker } from '@vectorlane/errors';
import { ShutdownSequence } from './shutdown-sequence';

/** Apart from the sequence, because the tracker stands on connections whose release the sequence holds. */
@Injectable()
class TrackedShutdown {
  constructor(sequence: ShutdownSequence, @Optional() @Inject(ERROR_TRACKER) tracker?: ErrorTracker) {
    if (tracker !== undefined) sequence.trackErrorsWith(tracker);
  }
}

/** Global: whatever opens something registers its release here, from any library. */
@Global()
@Module({
  providers: [{ provide: ShutdownSequence, useFactory: () => new ShutdownSequence() }, TrackedShutdown],
  exports: [ShutdownSequence],
})
export class ShutdownModule {
  /** With a sequence that was there before the modules: it also closes what a boot that fails half way has opened. */
  static forRoot(sequence: ShutdownSequence): DynamicModule {
    return { module: ShutdownModule, providers: [{ provide: ShutdownSequence, useValue: sequence }] };
  }
}
