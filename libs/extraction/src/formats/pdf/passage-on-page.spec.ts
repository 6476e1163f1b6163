import { lettersOf, runsOf } from './passage-on-page';

const ofPage = (passage: string, page: string): string[] => {
  const letters = lettersOf(page);
  return runsOf(lettersOf(passage), letters).map(({ start, end }) => letters.slice(start, end));
};
const BEES = 'Bees cluster around the queen to keep warm in winter.';

it.each([
  ['broken over lines with hyphens', 'Bees clus-\nter around the  queen to\nkeep warm in win-\nter.'],
  ['with ligatures and in capitals', 'BEES CLUSTER AROUND THE QUEEN TO KEEP WARM IN WINTER'],
  ['among other text', `Beekeeping 4\n${BEES} Drones do not. Bees cluster elsewhere too.\nPage 7`],
])('is found %s', (_how, page) => expect(ofPage(BEES, page)).toEqual([lettersOf(BEES)]));

it('is found once, where the page says a part of it again', () => {
  const page = `The queen to keep warm is one. ${BEES}`;
  expect(ofPage(BEES, page)).toEqual([lettersOf(BEES)]);
});

it('is found in parts, in the order of the page', () => {
  const other = 'Workers shiver with their flight muscles to make heat.';
  const page = `${other} Something that is not of it, long enough to stand between the two. ${BEES}`;
  expect(ofPage(`${BEES} ${other}`, page)).toEqual([lettersOf(other), lettersOf(BEES)]);
});

it('goes on over something short that the text leaves out', () => {
  const page = 'Bees cluster around the queen [12, p. 4] to keep warm in winter.';
  expect(ofPage(BEES, page)).toEqual([lettersOf(page)]);
});

it.each([
  ['a page with another text', BEES, 'Nothing here is of that kind, though the clusters of stars keep their warmth.'],
  ['an empty page', BEES, ''],
  ['a passage without letters', '— … —', BEES],
])('is not found on %s', (_name, passage, page) => expect(ofPage(passage, page)).toEqual([]));

it('reads scripts without spaces, from the left and from the right', () => {
  expect(ofPage('蜜蜂在冬天聚集在蜂王周围取暖。', '第七頁 蜜蜂在冬天聚集在 蜂王周围取暖。')).toEqual([
    '蜜蜂在冬天聚集在蜂王周围取暖',
  ]);
  expect(ofPage('النحل يتجمع حول الملكة', 'صفحة ٧\nالنحل يتجمع\nحول الملكة')).toEqual([
    lettersOf('النحل يتجمع حول الملكة'),
  ]);
});

it('is done soon with a page and a passage that say one letter again and again', () => {
  expect(runsOf('a'.repeat(20_000), 'a'.repeat(500_000)).at(0)?.start).toBe(0);
});
