import { type Claim, StaleClaimError } from '@vectorlane/documents';
import { Dependency } from '@vectorlane/domain';
import { Reconciler } from '@vectorlane/ingestion';
import fc from 'fast-check';
import { EVERYTHING, LEASE_MS, LedgerMoves } from '../../support/ledger-moves';
import { TestApp } from '../../support/test-app';
import { sized } from '../../support/sizes';

/**
 * A document's life as a model, and the database beside it: whatever order uploads, workers, crashes, retries and
 * deletions come in, every move succeeds exactly when the model says so, and readers see the whole of one generation
 * or nothing. A failing run prints its seed and the shortest order of moves that shows it.
 */

const RUNS = sized(60, 600);
const SLOTS = 3;
const WORKERS = 3;
const FAILURE = { code: 'TIMEOUT', message: 'Too slow.', retryable: true } as const;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

interface Life {
  readonly id: string;
  status: 'pending' | 'processing' | 'completed' | 'failed';
  leased: boolean;
  generation: number;
  attempts: number;
  parserDeaths: number;
  interruptions: number;
  waitingFor: string | null;
  waits: number;
  /** Words of the visible generation, in order. */
  visible: readonly string[] | undefined;
}

/** What a worker believes it holds: the truth only while the generation is the newest and the lease is there. */
interface Holding {
  readonly life: Life;
  readonly claim: Claim;
  readonly words: string[];
}

interface Model {
  /** Documents by slot; a deleted one leaves its slot free. */
  readonly slots: (Life | undefined)[];
  readonly workers: (Holding | undefined)[];
}

let service: TestApp;
let moves: LedgerMoves;
beforeAll(async () => {
  // ROLE=api: nobody works the lanes and no reconciler runs but the one these tests call.
  service = await TestApp.start({ ROLE: 'api' });
  moves = new LedgerMoves(service);
}, 60_000);
afterAll(() => service?.stop(), 60_000);

const mayBeClaimed = (life: Life): boolean =>
  life.status === 'pending' || (life.status === 'processing' && !life.leased);
const isCurrent = ({ life, claim }: Holding, model: Model): boolean =>
  model.slots.includes(life) && life.status === 'processing' && life.leased && life.generation === claim.generation;

/** A worker's move: it takes effect when the claim is current and is refused when it is not. */
async function asHolder(
  model: Model,
  worker: number,
  move: (holding: Holding) => Promise<void>,
  effect: (life: Life, holding: Holding) => void,
): Promise<void> {
  const holding = model.workers[worker];
  if (holding === undefined) return;
  if (!isCurrent(holding, model)) {
    await expect(move(holding)).rejects.toThrow(StaleClaimError);
    model.workers[worker] = undefined;
    return;
  }
  await move(holding);
  effect(holding.life, holding);
}

const COMMANDS: Readonly<Record<string, (model: Model, slot: number, worker: number) => Promise<void>>> = {
  async upload(model, slot) {
    if (model.slots[slot] !== undefined) return;
    model.slots[slot] = {
      id: await moves.upload(),
      status: 'pending',
      leased: false,
      generation: 0,
      attempts: 0,
      parserDeaths: 0,
      interruptions: 0,
      waitingFor: null,
      waits: 0,
      visible: undefined,
    };
  },
  async claim(model, slot, worker) {
    const life = model.slots[slot];
    if (life === undefined) return;
    const claim = await moves.claim(life.id);
    expect(claim !== undefined).toBe(mayBeClaimed(life));
    if (claim === undefined) return;
    life.status = 'processing';
    life.leased = true;
    life.generation += 1;
    model.workers[worker] = { life, claim, words: [] };
    expect(claim.generation).toBe(life.generation);
  },
  async takeOver(model, slot, worker) {
    const life = model.slots[slot];
    if (life === undefined || !life.leased) return;
    await moves.lapse(life.id);
    const claim = await moves.claimed(life.id);
    life.generation += 1;
    life.interruptions += 1;
    model.workers[worker] = { life, claim, words: [] };
  },
  async store(model, _slot, worker) {
    const word = (holding: Holding): string => `w${holding.claim.generation}x${holding.words.length}`;
    await asHolder(
      model,
      worker,
      (holding) => moves.store(holding.claim, holding.words.length, word(holding)),
      (_, holding) => holding.words.push(word(holding)),
    );
  },
  async heartbeat(model, _slot, worker) {
    await asHolder(
      model,
      worker,
      ({ claim }) => moves.ledger.prolong(claim, LEASE_MS),
      () => undefined,
    );
  },
  async complete(model, _slot, worker) {
    await asHolder(
      model,
      worker,
      ({ claim, words }) => moves.complete(claim, words.length),
      (life, { words }) => {
        life.status = 'completed';
        life.leased = false;
        life.waitingFor = null;
        life.waits = 0;
        life.visible = [...words];
        model.workers[worker] = undefined;
      },
    );
  },
  async postpone(model, slot, worker) {
    const cost = slot === 0 ? 'parser-death' : 'attempt';
    await asHolder(
      model,
      worker,
      ({ claim }) => moves.ledger.postpone(claim, 0, cost),
      (life) => {
        life.leased = false;
        life.waitingFor = null;
        if (cost === 'attempt') life.attempts += 1;
        else life.parserDeaths += 1;
        model.workers[worker] = undefined;
      },
    );
  },
  async wait(model, slot, worker) {
    const dependency = Dependency.options[slot] ?? 'disk';
    await asHolder(
      model,
      worker,
      ({ claim }) => moves.ledger.wait(claim, dependency, 0),
      (life) => {
        life.status = 'pending';
        life.leased = false;
        life.waits += 1;
        life.waitingFor = dependency;
        model.workers[worker] = undefined;
      },
    );
  },
  async hold(model, slot, worker) {
    const life = model.slots[slot];
    if (life === undefined) return;
    const dependency = Dependency.options[worker] ?? 'disk';
    const needing = worker === 0 ? undefined : worker === 1 ? ['txt'] : ['png'];
    const concerned = needing === undefined || needing.includes('txt') || life.waitingFor === dependency;
    const held = await moves.ledger.hold(life.id, dependency, 0, needing);
    expect(held).toBe(life.status === 'pending' && concerned);
    if (held) life.waitingFor = dependency;
  },
  async handBack(model, _slot, worker) {
    await asHolder(
      model,
      worker,
      ({ claim }) => moves.ledger.release(claim),
      (life) => {
        life.leased = false;
        model.workers[worker] = undefined;
      },
    );
  },
  async fail(model, _slot, worker) {
    await asHolder(
      model,
      worker,
      ({ claim }) => moves.ledger.fail(claim, FAILURE, 'attempt'),
      (life) => {
        life.status = 'failed';
        life.leased = false;
        life.waitingFor = null;
        life.attempts += 1;
        model.workers[worker] = undefined;
      },
    );
  },
  /** The worker is gone without a word; what it held is found by its lease. */
  crash(model, _slot, worker) {
    model.workers[worker] = undefined;
    return Promise.resolve();
  },
  async retry(model, slot) {
    const life = model.slots[slot];
    if (life === undefined) return;
    expect(await moves.ledger.retry(life.id)).toEqual(life.status === 'failed' ? [life.id] : []);
    if (life.status !== 'failed') return;
    Object.assign(life, {
      status: 'pending',
      attempts: 0,
      parserDeaths: 0,
      interruptions: 0,
      waitingFor: null,
      waits: 0,
    });
  },
  async remove(model, slot) {
    const life = model.slots[slot];
    if (life === undefined) return;
    expect(await moves.documents.remove(EVERYTHING, life.id)).toBe(true);
    expect(await moves.documents.remove(EVERYTHING, life.id)).toBe(false);
    expect(await moves.ledger.retry(life.id)).toEqual([]);
    expect(await moves.claim(life.id)).toBeUndefined();
    model.slots[slot] = undefined;
  },
  async reconcile(model) {
    const claimable = model.slots.filter((life): life is Life => life !== undefined && mayBeClaimed(life));
    const found = await moves.ledger.claimable(FIRST_ID, 100);
    expect(found.map(({ documentId }) => documentId)).toEqual(claimable.map(({ id }) => id).sort());
    const unless = await moves.ledger.claimable(FIRST_ID, 100, ['database']);
    const free = claimable.filter(({ status, waitingFor }) => status !== 'pending' || waitingFor !== 'database');
    expect(unless.map(({ documentId }) => documentId)).toEqual(free.map(({ id }) => id).sort());
    const waiting = claimable.filter(({ status, waitingFor }) => status === 'pending' && waitingFor === 'database');
    expect(await moves.ledger.longestUntried('database')).toHaveLength(Math.min(1, waiting.length));
    await service.app.get(Reconciler).reconcile();
    // All of it is carried by a job now.
    expect(await service.app.get(Reconciler).reconcile()).toBe(0);
  },
  async sweep() {
    await moves.chunks.sweepDeadGenerations(1_000);
  },
};

/** What holds after every move. */
async function check(model: Model): Promise<void> {
  const rows = await moves.dataSource.query<object[]>(
    `SELECT d.id, d.status, d.lease_expires_at IS NOT NULL AS leased, d.generation, d.attempts, d.parser_deaths, d.interruptions,
            d.waiting_for, d.waits,
            (SELECT array_agg(content ORDER BY ordinal) FROM visible_chunks v WHERE v.document_id = d.id) AS visible
       FROM documents d ORDER BY d.id`,
  );
  const lives = model.slots.filter((life) => life !== undefined);
  const expected = lives
    .map(({ id, status, leased, generation, attempts, parserDeaths, interruptions, waitingFor, waits, visible }) => ({
      id,
      status,
      leased,
      generation,
      attempts,
      parser_deaths: parserDeaths,
      interruptions,
      waiting_for: waitingFor,
      waits,
      visible: visible === undefined || visible.length === 0 ? null : visible,
    }))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  expect(rows).toEqual(expected);
}

describe('a document, through uploads, workers, crashes, retries and deletions in any order', () => {
  it('is what the model says after every move, and is swept clean at the end', async () => {
    const step = fc.record({
      name: fc.constantFrom(...Object.keys(COMMANDS)),
      slot: fc.nat(SLOTS - 1),
      worker: fc.nat(WORKERS - 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        await moves.dataSource.query('DELETE FROM documents');
        const model: Model = { slots: Array(SLOTS).fill(undefined), workers: Array(WORKERS).fill(undefined) };
        for (const { name, slot, worker } of [{ name: 'upload', slot: 0, worker: 0 }, ...steps]) {
          await COMMANDS[name]?.(model, slot, worker);
          await check(model);
        }
        // A worker that is left behind changes nothing, and the sweep leaves the visible generations alone.
        for (const life of model.slots) {
          if (life === undefined) continue;
          if (life.status === 'failed') await moves.ledger.retry(life.id);
          await moves.lapse(life.id);
          const claim = await moves.claim(life.id);
          if (claim === undefined) continue;
          await moves.store(claim, 0, 'last');
          await moves.complete(claim, 1);
        }
        for (const holding of model.workers) {
          if (holding) await expect(moves.store(holding.claim, 90, 'late')).rejects.toThrow(StaleClaimError);
        }
        await moves.chunks.sweepDeadGenerations(10_000);
        const left = await moves.dataSource.query<object[]>(
          `SELECT 1 FROM chunks c LEFT JOIN visible_chunks v ON v.id = c.id WHERE v.id IS NULL`,
        );
        expect(left).toEqual([]);
        const vectors = await moves.dataSource.query<object[]>(
          `SELECT 1 FROM ${moves.space.table} x FULL JOIN chunks c ON c.id = x.chunk_id WHERE c.id IS NULL OR x.chunk_id IS NULL`,
        );
        expect(vectors).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 180_000);
});
