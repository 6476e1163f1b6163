import { coverageNote } from '@vectorlane/domain';
import { createExtractors, indexExtractors } from '../../extractors';

const extractors = indexExtractors(createExtractors());

const lines = (...all: readonly string[]): string => all.join('\r\n');
const part = (boundary: string, type: string, ...body: readonly string[]): string =>
  lines(`--${boundary}`, `Content-Type: ${type}`, '', ...body, '');
const multipart = (kind: string, boundary: string, parts: readonly string[]): string =>
  `Content-Type: multipart/${kind}; boundary="${boundary}"\r\n\r\n${parts.join('')}--${boundary}--\r\n`;

async function read(mail: string, encoding: 'utf-8' | 'latin1' = 'utf-8') {
  const source = { bytes: Buffer.from(mail, encoding), filename: 'a.eml' };
  const document = await extractors.get('eml')?.extract(source, new AbortController().signal);
  if (document === undefined) throw new Error('there is no reader for EML');
  const { text, blocks, coverage } = document;
  return { texts: blocks.map(({ start, end }) => text.slice(start, end)), notes: coverage?.notes ?? [] };
}

const textsOf = async (mail: string, encoding?: 'latin1'): Promise<readonly string[]> =>
  (await read(mail, encoding)).texts;

describe('the charset of a part', () => {
  /** Bytes, one to a character. */
  const bytesOf = (...bytes: readonly number[]): string => Buffer.from(bytes).toString('latin1');
  const fermé = 'Le caf\xe9 du port est ferm\xe9 jusqu\x92\xe0 la fin de l\x92\xe9t\xe9.';
  const utf8 = Buffer.from('Die Gebühr für Gäste steigt.').toString('latin1');

  it.each([
    ['none', 'text/plain', fermé, 'Le café du port est fermé jusqu’à la fin de l’été.'],
    ['one that is none', 'text/plain; charset=X-UNKNOWN', utf8, 'Die Gebühr für Gäste steigt.'],
    ['ASCII', 'text/plain; charset=us-ascii', fermé, 'Le café du port est fermé jusqu’à la fin de l’été.'],
    ['Latin-1', 'text/plain; charset=iso-8859-1', utf8, 'Die Gebühr für Gäste steigt.'],
    ['UTF-8', 'text/plain; charset=utf-8', fermé, 'Le café du port est fermé jusqu’à la fin de l’été.'],
    ['cp932', 'text/plain; charset=cp932', bytesOf(0x8d, 0x60, 0x82, 0xcc), '港の'],
    ['cp850', 'text/plain; charset=cp850', bytesOf(0x4d, 0x81, 0x6c, 0x6c), 'Müll'],
    ['GB 2312', 'text/plain; charset=gb2312', bytesOf(0xc1, 0xaa, 0xcd, 0xa8), '联通'],
    ['UTF-7', 'text/plain; charset=utf-7', 'Die Geb+APw-hr.', 'Die Gebühr.'],
    ['damaged UTF-8', 'text/plain; charset=utf-8', `${utf8}\xc3`, 'Die Gebühr für Gäste steigt.\ufffd'],
    ['its page', 'text/html', `<meta charset="koi8-r"><p>${bytesOf(0xf0, 0xcf, 0xd2, 0xd4)}</p>`, 'Порт'],
  ])('%s is told, and the bytes decide', async (_told, type, body, text) => {
    expect(await textsOf(`Subject: a\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`, 'latin1')).toEqual(['a', text]);
  });

  it('of one part says nothing of the next', async () => {
    const parts = [
      part('b', 'text/plain; charset=koi8-r', '\xf0\xcf\xd2\xd4'),
      part('b', 'text/plain; charset=iso-8859-7', '\xc1\xe8\xde\xed\xe1'),
    ];
    expect(await textsOf(multipart('mixed', 'b', parts), 'latin1')).toEqual(['Порт', 'Αθήνα']);
  });

  it('of an attachment is followed', async () => {
    const attached = lines(
      '--b',
      'Content-Type: text/csv; charset=koi8-r; name=a.csv',
      'Content-Disposition: attachment',
      '',
      '\xf0\xcf\xd2\xd4,fee',
      'north,12',
      '',
    );
    expect(await textsOf(multipart('mixed', 'b', [attached]), 'latin1')).toEqual(['a.csv', 'Порт: north\nfee: 12']);
  });

  it('of a subject that nobody encoded is told by its bytes', async () => {
    const head = 'Subject: La f\xeate de l\x92\xe9t\xe9 est annul\xe9e\r\nFrom: Andr\xe9 <a@b.c>';
    expect(await textsOf(`${head}\r\n\r\nWords.`, 'latin1')).toEqual([
      'La fête de l’été est annulée',
      'From: André <a@b.c>',
      'Words.',
    ]);
  });
});

describe('bytes in an encoded word', () => {
  it('are of the charset that it says', async () => {
    const head = 'Subject: =?koi8-r?Q?\xf0\xcf\xd2\xd4_1?=\r\nFrom: =?iso-8859-1?q?M\xfcller?= <a@b.c>';
    expect(await textsOf(`${head}\r\n\r\nWords.`, 'latin1')).toEqual(['Порт 1', 'From: Müller <a@b.c>', 'Words.']);
  });
});

describe('a head that does not keep to the rules', () => {
  it.each([
    ['none at all', 'Nobody wrote a head.\r\nThis is text.\r\n', ['Nobody wrote a head.\nThis is text.']],
    ['white space in its last line', 'Subject: a\r\n  \r\nThis is text.\r\n', ['a', 'This is text.']],
    [
      'text right after it',
      'Subject: a\r\nThis is text.\r\n\r\nMore of it.\r\n',
      ['a', 'This is text.', 'More of it.'],
    ],
    ['empty lines before it', '\r\n\r\nSubject: a\r\n\r\nThis is text.\r\n', ['a', 'This is text.']],
    ['a line of white space in a field', 'Subject: a\r\n \r\n b\r\n\r\nText.\r\n', ['a  b', 'Text.']],
    ['a line of nothing', 'Subject: a\r\n???\r\nFrom: a@b.c\r\n\r\nText.\r\n', ['a', 'From: <a@b.c>', 'Text.']],
    ['several writers', 'From: A <a@b.c>, d@e.f\r\n\r\nText.\r\n', ['From: A <a@b.c>, <d@e.f>', 'Text.']],
  ])('has %s', async (_what, mail, texts) => {
    expect(await textsOf(mail)).toEqual(texts);
  });

  it('names another boundary than its parts have', async () => {
    const mail = lines('Subject: a', 'Content-Type: multipart/mixed; boundary="one"', '', 'Some text.', '--two', '');
    expect(await textsOf(mail)).toEqual(['a', 'Some text.\n--two']);
  });
});

describe('of several forms of the same text', () => {
  const html = (words: number): string => `<p>${'word '.repeat(words).trim()}</p>`;

  it.each([
    ['the plain one', 'Plain words.', html(5), 'Plain words.'],
    ['the page where the plain one is empty', ' ', html(5), 'word word word word word'],
    ['the page where the plain one stands in for it', 'See the HTML.', html(20), 'word '.repeat(20).trim()],
  ])('is read %s', async (_which, plain, page, text) => {
    const parts = [part('b', 'text/plain', plain), part('b', 'text/html', page)];
    expect(await textsOf(multipart('alternative', 'b', parts))).toEqual([text]);
  });

  it('what is attached to any of them is kept', async () => {
    const parts = [part('c', 'text/html', '<p>Words.</p>'), part('c', 'text/csv; name=a.csv', 'berth,fee', 'north,12')];
    const inner = `--b\r\n${multipart('mixed', 'c', parts)}`;
    const mail = multipart('alternative', 'b', [part('b', 'text/plain', 'Words.'), inner]);
    expect(await textsOf(mail)).toEqual(['Words.', 'a.csv', 'berth: north\nfee: 12']);
  });
});

describe('messages within a message', () => {
  const forwarded = (mail: string): string =>
    multipart('mixed', 'b', [
      part('b', 'text/plain', 'See below.'),
      part('b', 'message/rfc822', mail),
      part('b', 'text/plain', 'Regards.'),
    ]);

  it('stand where they are, with their own subjects and charsets', async () => {
    const inner = 'Subject: Old\r\nFrom: a@b.c\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xcf\xd2\xd4';
    expect(await textsOf(forwarded(inner), 'latin1')).toEqual([
      'See below.',
      'Old',
      'From: <a@b.c>',
      'Порт',
      'Regards.',
    ]);
  });

  it('are read ten deep, and what is deeper as attachments are', async () => {
    let mail = 'Subject: innermost\r\n\r\nwords\r\n';
    for (let depth = 0; depth < 15; depth += 1)
      mail = `Subject: s${depth}\r\nContent-Type: message/rfc822\r\n\r\n${mail}`;
    expect(await textsOf(mail)).toContain('innermost');
    for (let depth = 15; depth < 60; depth += 1)
      mail = `Subject: s${depth}\r\nContent-Type: message/rfc822\r\n\r\n${mail}`;
    const { texts, notes } = await read(mail);
    expect(texts).not.toContain('innermost');
    expect(notes).toEqual([coverageNote('FILE_INSIDE_NOT_READ', 'attachment-1.eml')]);
  });

  it('that are damaged do not make the rest unreadable', async () => {
    const { texts, notes } = await read(forwarded(`Subject: ${'a'.repeat(1_100_000)}\r\n\r\nlost`));
    expect(texts).toEqual(['See below.', 'Regards.']);
    expect(notes).toEqual([coverageNote('FILE_INSIDE_NOT_READ', 'attachment-1.eml')]);
  });
});
