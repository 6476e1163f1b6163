import { Place, placeAt, placeInWords } from './place';

describe('Place', () => {
  it('is made of a position and the headings above, and holds nothing else of what it is made from', () => {
    const block = { kind: 'row', start: 0, page: 2, slide: 4, sheet: 'Sales', row: 1, jsonPath: '$' };
    expect(placeAt(block, ['Bees', 'Winter'])).toEqual({
      ...{ page: 2, slide: 4, row: 1, sheet: 'Sales', jsonPath: '$' },
      heading: 'Bees > Winter',
    });
    expect(placeAt({}, [])).toEqual({});
  });

  it('reads what the database has, whatever a later version added', () => {
    expect(Place.parse({ heading: 'Bees', page: 1, verse: 3 })).toEqual({ page: 1, heading: 'Bees' });
  });

  it.each([{ page: 0 }, { page: 1.5 }, { page: '1' }, { slide: -1 }, { sheet: '' }, { heading: 7 }])(
    'refuses %j',
    (value) => expect(Place.safeParse(value).success).toBe(false),
  );

  it('is said in words, names without one before them', () => {
    expect(placeInWords({ heading: 'Bees > Winter', page: 4, sheet: 'Sales' })).toEqual([
      'page 4',
      'Sales',
      'Bees > Winter',
    ]);
    expect(placeInWords({})).toEqual([]);
  });
});
