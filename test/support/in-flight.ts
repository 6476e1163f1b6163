import type { IncomingMessage } from 'node:http';
import { ended, eventually, expectOrder, logged, type ShutdownScene } from './shutdown-scene';
import type { Untyped } from './test-app';

/**
 * 50 slow requests and 5 running jobs are in flight at SIGTERM: all finish, in order, while the port stays open for the
 * drain delay.
 */
export async function expectInFlightToFinish(scene: ShutdownScene): Promise<void> {
  const service = await scene.start(
    {
      ...{ FAST_LANE_CONCURRENCY: '5', MAX_CONCURRENT_UPLOADS: '128', SHUTDOWN_DRAIN_DELAY_MS: '1500' },
      // Fifty on one connection: a busy machine takes longer than a request may wait for the database.
      DATABASE_REQUEST_TIMEOUT_MS: '20000',
    },
    'slow jobs',
  );
  const large = 'x'.repeat(900_000);
  const jobs = await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      scene.upload(service, `Job ${index}. ${large.slice(index > 0 ? 899_990 : 0)}`),
    ),
  );
  await eventually('five jobs run', async () => {
    const answer = await scene.api(service, '/api/documents?status=processing');
    // A busy machine may not answer in time.
    if (!answer.ok) return false;
    return (
      ((await answer.json()) as { items: Untyped[] }).items.filter(
        ({ stage }) => stage === 'embedding' || stage === 'chunking',
      ).length === 5
    );
  });
  const uploads = await Promise.all(
    Array.from({ length: 45 }, (_, index) => scene.slowUpload(service, `Slow ${index}`)),
  );
  const downloads = await Promise.all(Array.from({ length: 5 }, () => scene.beginDownload(service, jobs[0] ?? '')));

  const exit = ended(service);
  process.kill(scene.pidOf(service), 'SIGTERM');
  await logged(service, 'starting graceful shutdown');
  const ready = await fetch(`${service.url}/ready`);
  expect(ready.status).toBe(503);
  expect(((await ready.json()) as Untyped).status).toBe('shutting_down');
  const live = await fetch(`${service.url}/live`); // a new connection, and a kept one that is asked to leave
  expect([live.status, live.headers.get('connection')]).toEqual([200, 'close']);

  await logged(service, 'drained');
  const answers = await Promise.all(uploads.map((slow) => slow.finish()));
  expect(answers.map((answer) => /^HTTP\/1.1 202 [^]*connection: close/i.test(answer))).toEqual(
    answers.map(() => true),
  );
  const sizes = await Promise.all(downloads.map((download) => readToEnd(download)));
  expect(sizes).toEqual(sizes.map(() => large.length + 'Job 0. '.length));
  expect(await exit).toEqual({ code: 0, signal: null });
  expectOrder(service.output);
  expect(service.output.match(/"msg":"document completed"/g)).toHaveLength(5);
}

async function readToEnd(response: IncomingMessage): Promise<number> {
  let size = 0;
  for await (const part of response) size += (part as Buffer).length;
  return size;
}
