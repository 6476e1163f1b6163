import { createExtractors, indexExtractors } from '../../extractors';
import { msgOf } from './msg-fixture';

const extractor = indexExtractors(createExtractors()).get('msg');
const read = async (bytes: Uint8Array): Promise<{ texts: readonly string[]; notes: readonly string[] }> => {
  const document = await extractor?.extract({ bytes, filename: 'a.msg' }, new AbortController().signal);
  if (document === undefined) throw new Error('there is no reader for MSG');
  const { text, blocks, coverage } = document;
  return { texts: blocks.map(({ start, end }) => text.slice(start, end)), notes: coverage?.notes ?? [] };
};

describe('items of Outlook', () => {
  it('give subject, people, text and attachments by their own formats', async () => {
    const bytes = msgOf({
      subject: 'Hafengebühren 2026',
      from: 'Ada',
      to: ['Grace', 'Edith'],
      body: 'The fees rise in May.\r\n\r\nBring the list.',
      attachments: [
        { name: 'fees.csv', bytes: Buffer.from('berth,fee\nnorth,12\n') },
        { name: 'blob.bin', bytes: Buffer.from([0, 1, 2, 3, 255]) },
        { name: 'inside.msg', bytes: msgOf({ subject: 'Forwarded', body: 'Older words.' }) },
      ],
    });
    expect(await read(bytes)).toEqual({
      texts: [
        'Hafengebühren 2026',
        'From: Ada\nTo: Grace <grace@example.org>, Edith <edith@example.org>',
        'The fees rise in May.',
        'Bring the list.',
        'fees.csv',
        'berth: north\nfee: 12',
        'inside.msg',
        'Forwarded',
        'Older words.',
      ],
      notes: ['FILE_INSIDE_NOT_READ: blob.bin'],
    });
  });

  it.each([
    ['windows-1251', 'Правила порта', 'Все суда обязаны сообщать о прибытии за два часа до захода в гавань.'],
    ['utf-8', 'Übersicht', 'Die Liegegebühren für Gäste steigen im Mai.'],
    ['windows-1252', 'Café fermé', 'Le café du port est fermé jusqu’à la fin de l’été.'],
    ['shift_jis', '港の規則', '港に入る船は二時間前に連絡しなければならない。'],
  ])('written before Unicode are decoded: %s', async (charset, subject, body) => {
    expect((await read(msgOf({ subject, body, charset }))).texts).toEqual([subject, body]);
  });

  it('keep letters beyond ASCII that are no bytes', async () => {
    expect((await read(msgOf({ subject: 'öäü', body: 'ÿþ é' }))).texts).toEqual(['öäü', 'ÿþ é']);
  });

  describe('that are broken so that a reader would never come to an end', () => {
    const good = msgOf({ subject: 'Fees', body: 'words', to: ['Ada'] });
    const sector = (index: number): number => (index + 1) * 512;
    const table = sector(good.readInt32LE(76));
    const directory = good.readInt32LE(48);
    const small = good.readInt32LE(60);

    it.each([
      ['a chain of sectors', table + directory * 4, directory],
      ['a chain of small sectors', sector(small), 0],
      ['the tree of entries', sector(directory) + 128 + 72, 1],
      ['a folder in itself', sector(directory) + 76, 0],
      ['a stream of two gigabytes', sector(directory) + 128 + 120, 0x7fff_ffff],
      ['a table of more sectors than there are', 44, 0x7fff_ffff],
    ])('%s', async (_what, at, value) => {
      const bytes = Buffer.from(good);
      bytes.writeInt32LE(value, at);
      await expect(read(bytes)).rejects.toMatchObject({ code: 'CORRUPT_FILE' });
    });
  });

  it('give their HTML where there is no plain text', async () => {
    expect((await read(msgOf({ subject: 'a', html: '<h1>Fees</h1><p>in May</p>' }))).texts).toEqual([
      'a',
      'Fees',
      'in May',
    ]);
  });

  it('that are damaged are refused with advice', async () => {
    const whole = msgOf({ subject: 'a', body: 'b'.repeat(10_000) });
    const manySectors = Buffer.from(whole);
    manySectors.writeUInt32LE(0x7fffffff, 44);
    for (const bytes of [
      whole.subarray(0, 600),
      Buffer.from('words'),
      Buffer.concat([whole.subarray(0, 8), Buffer.alloc(2_000, 7)]),
    ]) {
      await expect(read(bytes)).rejects.toMatchObject({
        code: 'CORRUPT_FILE',
        message: expect.stringContaining('EML'),
      });
    }
  });
});
