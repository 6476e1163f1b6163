import { type PlaceRefusal, UploadPlaces } from './upload-places';

/** Places, what was refused, and who has been let in so far. */
function scene(places: number) {
  const refused: PlaceRefusal[] = [];
  const admitted: string[] = [];
  const leaving: (() => void)[] = [];
  const uploads = new UploadPlaces(places, (reason) => refused.push(reason));
  const take = async (name: string, owner = name): Promise<void> => {
    leaving.push(await uploads.take(owner));
    admitted.push(name);
  };
  return { take, refused, admitted, leave: () => leaving.shift()?.() };
}
const settled = async (): Promise<void> => void (await jest.advanceTimersByTimeAsync(0));

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('places for uploads (slow uploads)', () => {
  it('are at most half taken by one owner; his next one waits and comes in when he has left one', async () => {
    const { take, admitted, leave, refused } = scene(4);
    await Promise.all([take('a1', 'a'), take('a2', 'a')]);
    const third = take('a3', 'a');
    await take('b1', 'b');
    expect(admitted).toEqual(['a1', 'a2', 'b1']);
    leave();
    await third;
    expect(admitted).toEqual(['a1', 'a2', 'b1', 'a3']);
    expect(refused).toEqual([]);
  });

  it('are given in the order of coming, past those whose owner has his half', async () => {
    const { take, admitted, leave } = scene(2);
    await Promise.all([take('a1', 'a'), take('b1', 'b')]);
    const waiting = [take('b2', 'b'), take('c1', 'c')];
    leave(); // a's place: b has its half, so it is c's
    await settled();
    expect(admitted).toEqual(['a1', 'b1', 'c1']);
    leave();
    await Promise.all(waiting);
    expect(admitted).toEqual(['a1', 'b1', 'c1', 'b2']);
  });

  it('are refused after a few seconds in which none was free, with the reason and when to ask again', async () => {
    const { take, refused } = scene(4);
    await Promise.all([take('a1', 'a'), take('a2', 'a')]);
    const own = expect(take('a3', 'a')).rejects.toMatchObject({ code: 'UPLOADS_BUSY', retryAfterSeconds: 2 });
    await Promise.all([take('b'), take('c')]);
    const all = expect(take('d')).rejects.toMatchObject({ code: 'UPLOADS_BUSY' });
    await jest.advanceTimersByTimeAsync(4_999);
    expect(refused).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    await Promise.all([own, all]);
    expect(refused).toEqual(['key', 'busy']);
  });

  it('are given to nobody who has given up', async () => {
    const { take, admitted, leave } = scene(2);
    await take('a1', 'a');
    const late = expect(take('a2', 'a')).rejects.toMatchObject({ code: 'UPLOADS_BUSY' });
    await jest.advanceTimersByTimeAsync(5_000);
    await late;
    leave();
    await Promise.all([take('a3', 'a'), take('b')]);
    expect(admitted).toEqual(['a1', 'a3', 'b']);
  });

  it('are waited for by eight for each place, and by one owner for half of them', async () => {
    const { take, refused, admitted, leave } = scene(4);
    await Promise.all([take('a1', 'a'), take('a2', 'a'), take('b1', 'b'), take('b2', 'b')]);
    const waiting = Array.from({ length: 16 }, (_, more) => take(`a${more + 3}`, 'a'));
    await expect(take('a19', 'a')).rejects.toMatchObject({ code: 'UPLOADS_BUSY' });
    waiting.push(...Array.from({ length: 16 }, (_, more) => take(`c${more}`)));
    await expect(take('d')).rejects.toMatchObject({ code: 'UPLOADS_BUSY' });
    expect(refused).toEqual(['key', 'busy']);
    for (let left = 0; left < 32; left += 1) {
      leave();
      await settled();
    }
    await Promise.all(waiting);
    expect(admitted).toHaveLength(36);
  });
});
