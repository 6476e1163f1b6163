/**
 * How much of a thing is tried: kills, histories, generated inputs. Every commit runs a size that the gate has time
 * for; TEST_FULL=1 (`npm run test:full`) the full one, whose last run docs/reliability.md names.
 */
export const FULL_SIZE = process.env['TEST_FULL'] === '1';

export function sized<T>(everyCommit: T, full: T): T {
  return FULL_SIZE ? full : everyCommit;
}
