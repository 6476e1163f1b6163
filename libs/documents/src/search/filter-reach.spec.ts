import type { DataSource } from 'typeorm';
import { CollectionScope } from '../collections/collection-scope';
import type { SearchFilter } from './filter-condition';
import { FilterReach } from './filter-reach';

const scope = CollectionScope.allBut([]);
const year = (value: number): SearchFilter => ({ scope, metadata: [['year', { eq: value }]] });

/** Answers what share passes, or fails, and counts how often it is asked. */
function measured(...shares: (number | Error)[]): { reach: FilterReach; asked: () => number } {
  const query = jest.fn(() => {
    const share = shares.shift();
    return share instanceof Error ? Promise.reject(share) : Promise.resolve([{ share }]);
  });
  const dataSource = { query } as Partial<DataSource> as DataSource;
  return { reach: new FilterReach(dataSource), asked: () => query.mock.calls.length };
}

it('is measured once for what callers ask again and again, and once more after a while', async () => {
  const { reach, asked } = measured(0.5, 0.9);
  expect(await Promise.all([reach.of(year(2024), 0), reach.of(year(2024), 10)])).toEqual(
    Array(2).fill({ share: 0.5, chunks: Infinity }),
  );
  expect(await reach.of(year(2024), 4_999)).toMatchObject({ share: 0.5 });
  expect(asked()).toBe(1);
  expect(await reach.of(year(2024), 5_001)).toMatchObject({ share: 0.9 });
  expect(asked()).toBe(2);
});

it('is that of the very filter', async () => {
  const { reach } = measured(0.4, 0.6);
  expect(await reach.of(year(2024), 0)).toMatchObject({ share: 0.4 });
  expect(await reach.of(year(2025), 0)).toMatchObject({ share: 0.6 });
});

it('is asked for again when it could not be had', async () => {
  const { reach } = measured(new Error('gone'), 0.7);
  await expect(reach.of(year(2024), 0)).rejects.toThrow('gone');
  expect(await reach.of(year(2024), 1)).toMatchObject({ share: 0.7 });
});

it('remembers a thousand', async () => {
  const shares = Array.from({ length: 1_001 }, () => 0.5);
  const { reach, asked } = measured(...shares, 0.8, 0.9);
  for (let at = 0; at <= 1_000; at += 1) await reach.of(year(at), 0);
  expect(await reach.of(year(0), 1)).toMatchObject({ share: 0.8 });
  expect(await reach.of(year(1_000), 1)).toMatchObject({ share: 0.5 });
  expect(asked()).toBe(1_002);
});

it('asks nothing where everything passes', async () => {
  const { reach, asked } = measured();
  expect(await reach.of({ scope })).toEqual({ share: 1, chunks: Infinity });
  expect(asked()).toBe(0);
});
