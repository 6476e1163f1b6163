import { deflateSync } from 'node:zlib';
import { DataSource } from 'typeorm';
import { OFFICE_FILES, readOfficeFile } from '../support/fixtures';
import { TestApp } from '../support/test-app';

const MEBIBYTE = 1024 * 1024;
const NEIGHBOURS = 6;

/** A PDF of a few hundred kilobytes whose one page inflates far beyond what a parser may use. */
function poisonPdf(): Uint8Array<ArrayBuffer> {
  const content = deflateSync(Buffer.alloc(400 * MEBIBYTE, ' '), { level: 1 });
  const parts: Buffer[] = [];
  const offsets: number[] = [];
  let length = 0;
  const write = (bytes: Buffer | string): void => {
    const part = Buffer.from(bytes as string);
    parts.push(part);
    length += part.length;
  };
  const object = (body: string, stream?: Buffer): void => {
    offsets.push(length);
    write(`${offsets.length} 0 obj\n${body}\n`);
    if (stream !== undefined) for (const piece of ['stream\n', stream, '\nendstream\n']) write(piece);
    write('endobj\n');
  };
  write('%PDF-1.7\n');
  object('<< /Type /Catalog /Pages 2 0 R >>');
  object('<< /Type /Pages /Kids [3 0 R] /Count 1 >>');
  object('<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << >> >>');
  object(`<< /Length ${content.length} /Filter /FlateDecode >>`, content);
  const start = length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  write(`xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${entries}`);
  write(`trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`);
  return new Uint8Array(Buffer.concat(parts));
}

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
