import { randomInt } from 'node:crypto';
import { openBackend, GuardedPool } from '@vectorlane/database';
import { type DatabaseLocation, freshLocation, testConfig } from '../../support/test-database';
import { Child, LIBRARY } from '../../support/children/child';
import { sized } from '../../support/sizes';

// kill -9 of the process that writes: embedded, the database dies with it; on a server, only its client does.

const KILLS = sized(4, 20);
jest.setTimeout(60_000 + KILLS * 15_000);

let location: DatabaseLocation;

beforeAll(async () => {
  location = await freshLocation();
});
afterAll(() => location.dispose());

it(`loses no acknowledged row in ${KILLS} kills at random moments`, async () => {
  const acknowledged = new Set<number>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = Child.start(
      'insert-rows.cjs',
      LIBRARY,
      JSON.stringify(location.settings),
      String((kill + 1) * 1_000_000),
    );
    acknowledged.add(Number(await child.line(60_000)));
    // Any moment of the work will do; which one is left to chance.
    await new Promise((resolve) => setTimeout(resolve, randomInt(5, 500)));
    await child.kill();
    for (const line of await child.rest()) acknowledged.add(Number(line));
  }

  const backend = await openBackend(testConfig(location));
  const pool = new GuardedPool(backend.connection);
  try {
    const { rows } = await pool.query<{ number: number; whole: boolean }>(
      `SELECT number, body = repeat('x', (number::bigint * 37 % 5000)::integer) AS whole FROM acknowledged`,
    );
    const kept = new Map(rows.map(({ number, whole }) => [number, whole]));
    expect([...acknowledged].filter((number) => kept.get(number) !== true)).toEqual([]);
    // At most the one row under way at each kill was stored and not acknowledged.
    expect(kept.size - acknowledged.size).toBeLessThanOrEqual(KILLS);
    expect(acknowledged.size).toBeGreaterThanOrEqual(KILLS);
  } finally {
    await pool.end();
    await backend.close();
  }
});
