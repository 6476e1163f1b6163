import { Logger } from '@nestjs/common';
import { Reconciler } from './reconciler';

Logger.overrideLogger(false);

/** A reconciler over a database that calls three documents unfinished, and a queue that takes so many of them. */
function reconcilerOver(
  taken: number,
  lost?: () => Promise<unknown>,
): { readonly reconciler: Reconciler; readonly offered: string[]; readonly waiting: string[] } {
  const page = ['a', 'b', 'c'].map((documentId) => ({ documentId, lane: 'fast', delivery: 1 }));
  const offered: string[] = [];
  const waiting: string[] = [];
  const parts: Record<string, unknown> = {
    config: { INGESTION_LEASE_MS: 1_000 },
    ledger: {
      claimable: () => Promise.resolve(page),
      allWaitFor: (dependency: string) => Promise.resolve(waiting.push(dependency)),
    },
    queues: { withoutLiveJob: lost ?? (() => Promise.resolve(page)) },
    scheduler: {
      schedule: (documentId: string) =>
        Promise.resolve(offered.push(documentId) > taken ? ('refused' as const) : ('queued' as const)),
    },
    leases: { acquire: () => Promise.resolve(true) },
    circuits: { in: () => [] },
  };
  return {
    reconciler: Object.assign(Object.create(Reconciler.prototype) as Reconciler, { logger: new Logger(), ...parts }),
    offered,
    waiting,
  };
}

it.each([
  [0, ['a']],
  [1, ['a', 'b']],
  [3, ['a', 'b', 'c']],
])('counts what the queue took (%i), and stops at the first that it refuses', async (taken, wanted) => {
  const { reconciler, offered } = reconcilerOver(taken);
  expect(await reconciler.reconcile()).toBe(taken);
  expect(offered).toEqual(wanted);
});

it('notes that documents wait for a Redis that does not answer, and says what became of the pass', async () => {
  const silence = new Error('Redis does not answer.');
  const { reconciler, offered, waiting } = reconcilerOver(3, () => Promise.reject(silence));
  await expect(reconciler.reconcile()).rejects.toBe(silence);
  expect({ offered, waiting }).toEqual({ offered: [], waiting: ['redis'] });
});
