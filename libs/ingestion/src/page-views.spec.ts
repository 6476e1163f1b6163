import type { ContentsRepository } from '@vectorlane/documents';
import { IngestionFailure } from '@vectorlane/errors';
import type { ExtractionService, PageView } from '@vectorlane/extraction';
import { eventually } from '../../../test/support/eventually';
import { PageViews } from './page-views';

const never = (): AbortSignal => new AbortController().signal;
const DOCUMENT = { contentId: 'one', format: 'pdf', sizeBytes: 3 };

function viewOf(number: number, size = 10): PageView {
  return { pages: 3, width: 612, height: 792, boxes: [], picture: Buffer.alloc(size, number) };
}

let looked: number[];
let answer: (number: number) => Promise<PageView>;
let views: PageViews;

beforeEach(() => {
  looked = [];
  answer = (number) => Promise.resolve(viewOf(number));
  const contents = {
    async *read() {
      yield await Promise.resolve(Buffer.from('ab'));
      yield Buffer.from('c');
    },
  } as unknown as ContentsRepository;
  const extraction = {
    viewPage: (_format: string, bytes: Buffer, { number }: { number: number }) => {
      expect(bytes.toString()).toBe('abc');
      looked.push(number);
      return answer(number);
    },
  } as unknown as ExtractionService;
  views = new PageViews(contents, extraction);
});

it('keeps the pictures that were looked at last, and never a place', async () => {
  answer = (number) => Promise.resolve(viewOf(number, 7_000_000));
  for (const number of [1, 2, 1, 3, 1, 2]) await views.view(DOCUMENT, { number }, never());
  // The third was too much for the second, which had not been looked at for longest.
  expect(looked).toEqual([1, 2, 3, 2]);
  for (let time = 0; time < 2; time += 1) await views.view(DOCUMENT, { number: 1, passage: 'x' }, never());
  expect(looked).toEqual([1, 2, 3, 2, 1, 1]);
});

it('looks at two at once, lets some wait, and sends the rest away for a moment', async () => {
  const ends: (() => void)[] = [];
  answer = (number) => new Promise((resolve) => ends.push(() => resolve(viewOf(number))));
  const asked = Array.from({ length: 18 }, () => views.view(DOCUMENT, { number: 1, passage: 'x' }, never()));
  await eventually(() => ends.length === 2);
  await expect(views.view(DOCUMENT, { number: 2, passage: 'x' }, never())).rejects.toMatchObject({
    code: 'DEPENDENCY_UNAVAILABLE',
    retryAfterSeconds: 2,
  });
  for (let ended = 0; ended < asked.length; ended += 1) {
    await eventually(() => ends.length > 0);
    expect(ends.length).toBeLessThanOrEqual(2);
    ends.shift()?.();
  }
  expect(await Promise.all(asked)).toHaveLength(18);
});

it('gives the turn of a caller who has left to the next', async () => {
  const ends: (() => void)[] = [];
  answer = (number) => new Promise((resolve) => ends.push(() => resolve(viewOf(number))));
  const gone = new AbortController();
  const asked = [1, 2].map(() => views.view(DOCUMENT, { number: 1 }, never()));
  const left = views.view(DOCUMENT, { number: 2 }, gone.signal);
  const last = views.view(DOCUMENT, { number: 3 }, never());
  await eventually(() => ends.length === 2);
  gone.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  for (const end of ends.splice(0)) end();
  await Promise.all(asked);
  await eventually(() => ends.length === 1);
  ends[0]?.();
  expect((await last).picture[0]).toBe(3);
  expect(looked).toEqual([1, 1, 3]);
});

it.each([
  ['a format without pages', { ...DOCUMENT, format: 'md' }, 1],
  ['a file that is too large', { ...DOCUMENT, sizeBytes: 50_000_001 }, 1],
  ['a page behind the last', DOCUMENT, 4],
])('has no picture of %s', async (_name, document, number) => {
  await expect(views.view(document, { number }, never())).rejects.toMatchObject({ code: 'PAGE_NOT_AVAILABLE' });
});

it('says why a page cannot be shown, and keeps our own mistakes apart', async () => {
  answer = () => Promise.reject(new IngestionFailure('CORRUPT_FILE', 'It is damaged.'));
  await expect(views.view(DOCUMENT, { number: 1 }, never())).rejects.toMatchObject({
    code: 'PAGE_NOT_AVAILABLE',
    detail: 'It is damaged.',
  });
  answer = () => Promise.reject(new IngestionFailure('INTERNAL_ERROR', 'A mistake.'));
  await expect(views.view(DOCUMENT, { number: 1 }, never())).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
});
