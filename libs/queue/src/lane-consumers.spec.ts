import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import { loadConfig } from '@vectorlane/config';
import { Metrics } from '@vectorlane/metrics';
import { ShutdownSequence } from '@vectorlane/shutdown';
import type { ConsumerPresence } from './consumer-presence';
import { type LaneConsumer, LaneConsumers } from './lane-consumers';

Logger.overrideLogger(false);

/** A worker that fetches nothing, of which one hears. */
function consumerOf(lane: 'fast' | 'heavy'): LaneConsumer & { readonly worker: EventEmitter } {
  const worker = Object.assign(new EventEmitter(), { run: () => new Promise<void>(() => undefined), concurrency: 1 });
  return { lane, concurrency: 1, worker, abandon: () => undefined } as unknown as LaneConsumer & {
    worker: EventEmitter;
  };
}

it('hears what Redis refuses a worker: counted each time, said once; a lost connection is told elsewhere', async () => {
  const said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const metrics = new Metrics();
  const presence = { announce: () => undefined } as unknown as ConsumerPresence;
  const consumers = new LaneConsumers(loadConfig({ NODE_ENV: 'test' }), new ShutdownSequence(), metrics, presence);
  const fast = consumerOf('fast');
  consumers.register(fast);
  consumers.register(consumerOf('heavy'));
  consumers.start();
  fast.worker.emit('error', new Error("OOM command not allowed when used memory > 'maxmemory'."));
  fast.worker.emit('error', new Error("OOM command not allowed when used memory > 'maxmemory'."));
  fast.worker.emit('error', new Error('READONLY You can’t write against a read only replica.'));
  fast.worker.emit('error', new Error('ECONNREFUSED 127.0.0.1'));
  fast.worker.emit('error', new Error('Connection is closed.'));
  expect(await metrics.scrape()).toContain('processing_queue_errors_total{lane="fast"} 3\n');
  expect(said).toHaveBeenCalledTimes(2);
  said.mockRestore();
});
