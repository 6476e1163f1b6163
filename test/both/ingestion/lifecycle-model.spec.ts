import { createHash } from 'node:crypto';
import { type Claim, ReprocessedDocumentsRepository, StaleClaimError } from '@vectorlane/documents';
import { Dependency } from '@vectorlane/domain';
import { Reconciler } from '@vectorlane/ingestion';
import fc from 'fast-check';
import { EVERYTHING, LEASE_MS, LedgerMoves } from '../../support/ledger-moves';
import { TestApp } from '../../support/test-app';
import { sized } from '../../support/sizes';

/**
 * A document's life as a model, and the database beside it: whatever order uploads, revisions, workers, crashes,
 * changes, retries and deletions come in, every move succeeds exactly when the model says so, and readers see the whole
 * of one generation or nothing. A failing run prints its seed and the shortest order of moves that shows it.
 */

const RUNS = sized(60, 600);
const SLOTS = 3;
const WORKERS = 3;
const FAILURE = { code: 'TIMEOUT', message: 'Too slow.', retryable: true } as const;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** A row of the ledger: a document, or the revision on its way to it. */
interface Row {
  readonly id: string;
  sha: string;
  filename: string;
  status: 'pending' | 'processing' | 'completed' | 'failed';
  leased: boolean;
  generation: number;
  attempts: number;
  parserDeaths: number;
  interruptions: number;
  waitingFor: string | null;
  waits: number;
}

interface Life {
  readonly externalId: string;
  /** The document's own. */
  readonly row: Row;
  pending: Row | undefined;
  revision: number;
  /** The highest that was handed out for it, to itself or to a revision. */
  lastGeneration: number;
  /** Words of the visible generation, in order. */
  visible: readonly string[] | undefined;
}

/** What a worker believes it holds: the truth only while the generation is the newest and the lease is there. */
interface Holding {
  readonly life: Life;
  readonly row: Row;
  readonly claim: Claim;
  readonly words: string[];
}

interface Model {
  /** Documents by slot; a deleted one leaves its slot free. */
  readonly slots: (Life | undefined)[];
  readonly workers: (Holding | undefined)[];
}

/** Which document, which worker, and whether the document's revision is meant where there is one. */
interface Aim {
  readonly slot: number;
  readonly worker: number;
  readonly onRevision: boolean;
}

const NOTHING_COUNTED = { attempts: 0, parserDeaths: 0, interruptions: 0, waitingFor: null, waits: 0 } as const;

let service: TestApp;
let moves: LedgerMoves;
beforeAll(async () => {
  // ROLE=api: nobody works the lanes and no reconciler runs but the one these tests call.
  service = await TestApp.start({ ROLE: 'api' });
  moves = new LedgerMoves(service);
}, 60_000);
afterAll(() => service?.stop(), 60_000);

const mayBeClaimed = (row: Row): boolean => row.status === 'pending' || (row.status === 'processing' && !row.leased);
const rowsOf = ({ slots }: Model): Row[] =>
  slots.flatMap((life) => (life === undefined ? [] : [life.row, ...(life.pending ? [life.pending] : [])]));
const isCurrent = ({ row, claim }: Holding, model: Model): boolean =>
  rowsOf(model).includes(row) && row.status === 'processing' && row.leased && row.generation === claim.generation;
const aimedAt = (model: Model, { slot, onRevision }: Aim): { life: Life; row: Row } | undefined => {
  const life = model.slots[slot];
  return life && { life, row: (onRevision ? life.pending : undefined) ?? life.row };
};
/** A slot's document is one and the same bytes again, or others. */
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A worker's move: it takes effect when the claim is current and is refused when it is not. */
async function asHolder(
  model: Model,
  { worker }: Aim,
  move: (holding: Holding) => Promise<void>,
  effect: (row: Row, holding: Holding) => void,
): Promise<void> {
  const holding = model.workers[worker];
  if (holding === undefined) return;
  if (!isCurrent(holding, model)) {
    await expect(move(holding)).rejects.toThrow(StaleClaimError);
    model.workers[worker] = undefined;
    return;
  }
  await move(holding);
  effect(holding.row, holding);
}

const upload = async (model: Model, { slot }: Aim, sha: string): Promise<void> => {
  const life = model.slots[slot];
  const externalId = life?.externalId ?? `slot-${slot}`;
  const adoption = await moves.adopt(externalId, digestOf(`${externalId} ${sha}`));
  const isSame = life !== undefined && (life.row.sha === sha || life.pending?.sha === sha);
  expect(adoption.outcome).toBe(life === undefined ? 'created' : isSame ? 'same' : 'revised');
  const fresh = (id: string, generation: number): Row => ({
    ...{ id, sha, filename: life?.row.filename ?? 'a.txt', status: 'pending', leased: false, generation },
    ...NOTHING_COUNTED,
  });
  if (life === undefined) {
    const row = fresh(adoption.document.id, 0);
    model.slots[slot] = { externalId, row, pending: undefined, revision: 1, lastGeneration: 0, visible: undefined };
  } else if (life.row.sha === sha) {
    // Back to what readers see.
    life.pending = undefined;
  } else if (adoption.outcome === 'revised') {
    expect(adoption.document.id).toBe(life.row.id);
    if (life.visible === undefined) {
      life.lastGeneration += 1;
      Object.assign(life.row, fresh(life.row.id, life.lastGeneration));
      life.pending = undefined;
    } else {
      life.pending = fresh(adoption.rowId, 0);
    }
  }
};

/** What was counted is forgotten: it begins once more. */
const beginAgain = (row: Row): void => {
  Object.assign(row, { status: 'pending', leased: false, ...NOTHING_COUNTED });
};

const COMMANDS: Readonly<Record<string, (model: Model, aim: Aim) => Promise<void>>> = {
  upload: (model, aim) => upload(model, aim, 'first'),
  /** Other bytes, of which there are as many as workers. */
  revise: (model, aim) => upload(model, aim, `revision ${aim.worker}`),
  async patch(model, { slot, worker }) {
    const life = model.slots[slot];
    if (life === undefined) return;
    const filename = `named-${worker}.txt`;
    const changed = await moves.documents.change(EVERYTHING, life.row.id, (current) => ({ ...current, filename }));
    expect(changed).toMatchObject({ id: life.row.id, filename });
    for (const row of [life.row, life.pending]) if (row !== undefined) row.filename = filename;
  },
  async reprocess(model, { slot }) {
    const life = model.slots[slot];
    if (life === undefined) return;
    const { row } = life;
    const hasEnded = row.status === 'completed' || row.status === 'failed';
    const moved = await service.app.get(ReprocessedDocumentsRepository).reprocess(EVERYTHING, row.id, undefined);
    expect(moved).toBe(hasEnded);
    if (hasEnded) beginAgain(row);
  },
  async claim(model, aim) {
    const aimed = aimedAt(model, aim);
    if (aimed === undefined) return;
    const { life, row } = aimed;
    const claim = await moves.claim(row.id);
    expect(claim !== undefined).toBe(mayBeClaimed(row));
    if (claim === undefined) return;
    expect(claim).toMatchObject({ documentId: life.row.id, isRevision: row !== life.row, filename: row.filename });
    taken(model, aim, { life, row, claim, words: [] });
  },
  async takeOver(model, aim) {
    const aimed = aimedAt(model, aim);
    if (aimed === undefined || !aimed.row.leased) return;
    await moves.lapse(aimed.row.id);
    const claim = await moves.claimed(aimed.row.id);
    aimed.row.interruptions += 1;
    taken(model, aim, { ...aimed, claim, words: [] });
  },
  async store(model, aim) {
    const word = (holding: Holding): string => `w${holding.claim.generation}x${holding.words.length}`;
    await asHolder(
      model,
      aim,
      (holding) => moves.store(holding.claim, holding.words.length, word(holding)),
      (_, holding) => holding.words.push(word(holding)),
    );
  },
  async heartbeat(model, aim) {
    await asHolder(
      model,
      aim,
      ({ claim }) => moves.ledger.prolong(claim, LEASE_MS),
      () => undefined,
    );
  },
  async complete(model, aim) {
    await asHolder(
      model,
      aim,
      ({ claim, words }) => moves.complete(claim, words.length),
      (row, { life, words }) => {
        if (row === life.pending) {
          // The document is what its revision was; a worker that reads the old content again holds nothing any more.
          Object.assign(life.row, { ...row, id: life.row.id });
          life.pending = undefined;
          life.revision += 1;
        }
        Object.assign(life.row, { status: 'completed', leased: false, waitingFor: null, waits: 0 });
        life.visible = [...words];
        model.workers[aim.worker] = undefined;
      },
    );
  },
  async postpone(model, aim) {
    const cost = aim.slot === 0 ? 'parser-death' : 'attempt';
    await asHolder(
      model,
      aim,
      ({ claim }) => moves.ledger.postpone(claim, 0, cost),
      (row) => {
        row.leased = false;
        row.waitingFor = null;
        if (cost === 'attempt') row.attempts += 1;
        else row.parserDeaths += 1;
        model.workers[aim.worker] = undefined;
      },
    );
  },
  async wait(model, aim) {
    const dependency = Dependency.options[aim.slot] ?? 'disk';
    await asHolder(
      model,
      aim,
      ({ claim }) => moves.ledger.wait(claim, dependency, 0),
      (row) => {
        row.status = 'pending';
        row.leased = false;
        row.waits += 1;
        row.waitingFor = dependency;
        model.workers[aim.worker] = undefined;
      },
    );
  },
  async hold(model, aim) {
    const row = aimedAt(model, aim)?.row;
    if (row === undefined) return;
    const dependency = Dependency.options[aim.worker] ?? 'disk';
    const needing = aim.worker === 0 ? undefined : aim.worker === 1 ? ['txt'] : ['png'];
    const concerned = needing === undefined || needing.includes('txt') || row.waitingFor === dependency;
    const held = await moves.ledger.hold(row.id, dependency, 0, needing);
    expect(held).toBe(row.status === 'pending' && concerned);
    if (held) row.waitingFor = dependency;
  },
  async handBack(model, aim) {
    await asHolder(
      model,
      aim,
      ({ claim }) => moves.ledger.release(claim),
      (row) => {
        row.leased = false;
        model.workers[aim.worker] = undefined;
      },
    );
  },
  async fail(model, aim) {
    await asHolder(
      model,
      aim,
      ({ claim }) => moves.ledger.fail(claim, FAILURE, 'attempt'),
      (row) => {
        row.status = 'failed';
        row.leased = false;
        row.waitingFor = null;
        row.attempts += 1;
        model.workers[aim.worker] = undefined;
      },
    );
  },
  /** The worker is gone without a word; what it held is found by its lease. */
  crash(model, { worker }) {
    model.workers[worker] = undefined;
    return Promise.resolve();
  },
  async retry(model, { slot }) {
    const life = model.slots[slot];
    if (life === undefined) return;
    const failed = rowsOf({ slots: [life], workers: [] }).filter(({ status }) => status === 'failed');
    const retried = await moves.ledger.retry(life.row.id);
    expect([...retried].sort()).toEqual(failed.map(({ id }) => id).sort());
    for (const row of failed) beginAgain(row);
  },
  async remove(model, { slot }) {
    const life = model.slots[slot];
    if (life === undefined) return;
    const { id } = life.row;
    expect(await moves.documents.remove(EVERYTHING, id)).toBe(true);
    expect(await moves.documents.remove(EVERYTHING, id)).toBe(false);
    expect(await moves.ledger.retry(id)).toEqual([]);
    for (const row of rowsOf({ slots: [life], workers: [] })) expect(await moves.claim(row.id)).toBeUndefined();
    model.slots[slot] = undefined;
  },
  async reconcile(model) {
    const claimable = rowsOf(model).filter(mayBeClaimed);
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

/** A worker has claimed the next generation. */
function taken(model: Model, { worker }: Aim, holding: Holding): void {
  const { life, row, claim } = holding;
  life.lastGeneration += 1;
  Object.assign(row, { status: 'processing', leased: true, generation: life.lastGeneration });
  expect(claim.generation).toBe(life.lastGeneration);
  model.workers[worker] = holding;
}

/** What holds after every move. */
async function check(model: Model): Promise<void> {
  const rows = await moves.dataSource.query<object[]>(
    `SELECT d.id, d.revision_of, encode(d.sha256, 'hex') AS sha256, d.filename, d.status,
            d.lease_expires_at IS NOT NULL AS leased, d.generation, d.attempts, d.parser_deaths, d.interruptions,
            d.waiting_for, d.waits, CASE WHEN d.revision_of IS NULL THEN d.revision END AS revision,
            (SELECT array_agg(content ORDER BY ordinal) FROM visible_chunks v WHERE v.document_id = d.id) AS visible
       FROM documents d ORDER BY d.id`,
  );
  const expected = model.slots
    .flatMap((life) => {
      if (life === undefined) return [];
      const { externalId, row: main, pending, visible, revision } = life;
      return [main, ...(pending ? [pending] : [])].map((row) => ({
        id: row.id,
        revision_of: row === main ? null : main.id,
        sha256: digestOf(`${externalId} ${row.sha}`).toString('hex'),
        filename: row.filename,
        status: row.status,
        leased: row.leased,
        generation: row.generation,
        attempts: row.attempts,
        parser_deaths: row.parserDeaths,
        interruptions: row.interruptions,
        waiting_for: row.waitingFor,
        waits: row.waits,
        revision: row === main ? revision : null,
        visible: row !== main || visible === undefined || visible.length === 0 ? null : visible,
      }));
    })
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  expect(rows).toEqual(expected);
}

describe('a document, through uploads, revisions, workers, crashes, retries and deletions in any order', () => {
  it('is what the model says after every move, and is swept clean at the end', async () => {
    const step = fc.record({
      name: fc.constantFrom(...Object.keys(COMMANDS)),
      slot: fc.nat(SLOTS - 1),
      worker: fc.nat(WORKERS - 1),
      onRevision: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        await moves.dataSource.query('DELETE FROM documents');
        const model: Model = { slots: Array(SLOTS).fill(undefined), workers: Array(WORKERS).fill(undefined) };
        for (const { name, ...aim } of [{ name: 'upload', slot: 0, worker: 0, onRevision: false }, ...steps]) {
          await COMMANDS[name]?.(model, aim);
          await check(model);
        }
        // A worker that is left behind changes nothing, and the sweep leaves the visible generations alone.
        for (const row of rowsOf(model)) {
          if (row.status === 'failed') await moves.ledger.retry(row.id);
          await moves.lapse(row.id);
          const claim = await moves.claim(row.id);
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
