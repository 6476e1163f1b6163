import { EmbeddedIndicator, type EngineActivity } from './database.indicator';
import type { GuardedPool } from './guarded-pool';

const indicator = (engine: EngineActivity, connect: () => Promise<unknown> = () => new Promise(() => undefined)) =>
  new EmbeddedIndicator({ connect } as unknown as GuardedPool, engine);
const probe = (): AbortSignal => AbortSignal.timeout(2_000);

describe('EmbeddedIndicator, when its turn on the one session does not come', () => {
  it('calls an engine that computes busy, and not lost', async () => {
    await expect(indicator({ batchMs: 3_000, sinceAnswerMs: 60_000 }).check(probe())).resolves.toEqual({ busy: true });
  });

  it('calls an engine that answers others busy, and not lost', async () => {
    await expect(indicator({ batchMs: undefined, sinceAnswerMs: 20 }).check(probe())).resolves.toEqual({ busy: true });
  });

  it('calls an engine lost that computes for ever', async () => {
    await expect(indicator({ batchMs: 10_001, sinceAnswerMs: 60_000 }).check(probe())).rejects.toThrow();
  });

  it('calls an engine lost that neither computes nor answers, or is not there', async () => {
    await expect(indicator({ batchMs: undefined, sinceAnswerMs: 60_000 }).check(probe())).rejects.toThrow();
    await expect(indicator({ batchMs: undefined, sinceAnswerMs: Infinity }).check(probe())).rejects.toThrow();
  });

  it('gives a turn that comes too late to the next one at once, without a question', async () => {
    let give: (client: unknown) => void = () => undefined;
    const turn = new Promise<unknown>((resolve) => (give = resolve));
    const client = { query: jest.fn(), release: jest.fn() };
    await indicator({ batchMs: 1, sinceAnswerMs: 1 }, () => turn).check(probe());
    give(client);
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.query).not.toHaveBeenCalled();
    expect(client.release).toHaveBeenCalledWith();
  });
});

it('passes an error of the engine on as it is', async () => {
  const failing = indicator({ batchMs: 1, sinceAnswerMs: 1 }, () => Promise.reject(new Error('the engine ended')));
  await expect(failing.check(probe())).rejects.toThrow('the engine ended');
});
