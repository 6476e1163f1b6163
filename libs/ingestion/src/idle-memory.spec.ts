import { IdleMemory } from './idle-memory';

const MEBIBYTE = 2 ** 20;

function scene() {
  let held = 100 * MEBIBYTE;
  const collect = jest.fn(() => (held = 60 * MEBIBYTE));
  const memory = new IdleMemory(collect, () => held);
  return { memory, collect, grow: (mebibytes: number) => (held += mebibytes * MEBIBYTE) };
}
/** A document that takes so long. */
const takes = (ms: number) => (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('memory that work on documents has taken', () => {
  it('is given back ten seconds after the last of them', async () => {
    const { memory, collect } = scene();
    const work = Promise.all([memory.during(takes(1_000)), memory.during(takes(30_000))]);
    await jest.advanceTimersByTimeAsync(39_999);
    expect(collect).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    await work;
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('stays while another comes, also behind one that fails', async () => {
    const { memory, collect } = scene();
    const failed = expect(memory.during(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await failed;
    await jest.advanceTimersByTimeAsync(9_000);
    const work = memory.during(takes(5_000));
    await jest.advanceTimersByTimeAsync(14_999);
    expect(collect).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    await work;
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('is left where it is when it has hardly grown', async () => {
    const { memory, collect, grow } = scene();
    for (const grown of [0, 31, 2]) {
      grow(grown);
      await memory.during(() => Promise.resolve());
      await jest.advanceTimersByTimeAsync(10_000);
    }
    expect(collect).toHaveBeenCalledTimes(2);
  });
});
