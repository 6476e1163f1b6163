import { DataSource } from 'typeorm';
import { TestApp, type Untyped } from '../support/test-app';
import { eventually } from '../support/eventually';

/** A lock that somebody else holds on the documents: requests give up within 5 s, and readiness says so. */
let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({ ROLE: 'api' });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

const ready = async (): Promise<Untyped> => service.json('/ready', undefined, { key: null });

/** An answer is reused for a second: the first may still be the one from before the lock. */
async function notReady(): Promise<unknown> {
  let answer = await ready();
  await eventually(async () => (answer = await ready()).status === 503);
  return answer;
}

it('refuses an upload with 503 within five seconds, and is not ready', async () => {
  // What makes it give up: the holder keeps its lock until the answers are here.
  expect(await service.app.get(DataSource).query('SHOW lock_timeout')).toEqual([{ lock_timeout: '4s' }]);
  const holder = service.app.get(DataSource).createQueryRunner();
  await holder.connect();
  await holder.startTransaction();
  try {
    await holder.query('LOCK TABLE documents IN ACCESS EXCLUSIVE MODE');
    const [upload, readiness] = await Promise.all([service.upload('locked.txt', 'Kept out by a lock.'), notReady()]);
    expect(upload).toMatchObject({ status: 503, body: { code: 'DEPENDENCY_UNAVAILABLE', retryable: true } });
    expect(readiness).toMatchObject({ status: 503, body: { checks: { database: { status: 'down' } } } });
  } finally {
    await holder.rollbackTransaction();
    await holder.release();
  }
  expect(await service.upload('free.txt', 'The lock is gone.')).toMatchObject({ status: 202 });
}, 60_000);

it('drops a connection that finds itself on a read-only server', async () => {
  const dataSource = service.app.get(DataSource);
  const backend = async (): Promise<number> =>
    (await dataSource.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid'))[0]?.pid ?? 0;
  const before = await backend();
  await dataSource.query('SET default_transaction_read_only = on');
  await expect(dataSource.query('DELETE FROM documents WHERE false')).rejects.toMatchObject({ code: '25006' });
  expect(await backend()).not.toBe(before);
  await expect(dataSource.query('DELETE FROM documents WHERE false')).resolves.toBeDefined();
}, 60_000);
