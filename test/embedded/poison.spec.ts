import { DataSource } from 'typeorm';
import { OFFICE_FILES, readOfficeFile } from '../support/fixtures';
import { TestApp } from '../support/test-app';
import { poisonPdf } from '../support/worst-files';

const MEBIBYTE = 1024 * 1024;
const NEIGHBOURS = 6;

let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({
    PARSER_MAX_MEMORY_BYTES: String(192 * MEBIBYTE),
    HEAVY_LANE_CONCURRENCY: '2',
    RECONCILE_INTERVAL_MS: '200',
  });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

describe('a document that its parser dies of', () => {
  it('is set aside after three deaths, and its neighbours complete', async () => {
    const good = OFFICE_FILES.filter(({ expect: due }) => due.outcome === 'completed').slice(0, NEIGHBOURS);
    expect(good).toHaveLength(NEIGHBOURS);
    const neighbours: string[] = [];
    const upload = async (filename: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
      const { status, body } = await service.upload(filename, bytes);
      expect({ filename, status, lane: body.lane }).toEqual({ filename, status: 202, lane: 'heavy' });
      return body.id as string;
    };
    const poison = await upload('poison.pdf', poisonPdf());
    for (const file of good) neighbours.push(await upload(file.file, new Uint8Array(readOfficeFile(file))));

    for (const id of neighbours) {
      expect(await service.finished(id)).toMatchObject({ status: 'completed', attempts: 0 });
    }
    expect(await service.finished(poison)).toMatchObject({
      status: 'failed',
      // Deaths of the parser are no attempts, and the document may be tried again by a person.
      attempts: 0,
      failure: { code: 'PARSER_CRASHED', message: expect.stringContaining('memory'), retryable: true },
    });
    const [row] = await service.app
      .get(DataSource)
      .query<object[]>('SELECT parser_deaths, interruptions FROM documents WHERE id = $1', [poison]);
    expect(row).toEqual({ parser_deaths: 3, interruptions: 0 });
  }, 180_000);
});
