import { createExtractors, indexExtractors } from './extractors';

/** Kinds of faults that are not of one format, with three inputs of each; those of one format stand beside it. */

const extractors = indexExtractors(createExtractors());

async function read(filename: string, bytes: string | Buffer): Promise<string> {
  const format = filename.split('.').at(-1) ?? '';
  const source = { bytes: Buffer.from(bytes), filename };
  const document = await extractors.get(format)?.extract(source, new AbortController().signal);
  return document?.text.trim() ?? '';
}

describe('HTML in UTF-8, whatever it declares', () => {
  const page = (head: string): string => `<html><head>${head}<title>Порт</title></head><p>Правила порта</p></html>`;

  it.each([
    ['nothing', ''],
    ['another charset', '<meta charset="windows-1251">'],
    ['another charset in the old way', '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">'],
    ['another charset in a comment', '<!-- <meta charset="koi8-r"> -->'],
    ['one that nobody knows', '<meta charset="utf-99">'],
  ])('is read as that: %s', async (_name, head) => {
    expect(await read('a.html', page(head))).toBe('Порт\n\nПравила порта');
  });

  it.each([
    ['behind a comment', `<!--${' '.repeat(1_000)}-->`],
    ['behind scripts', `<script>${'var a;'.repeat(300)}</script>`],
    ['behind one in a comment', '<!-- <meta charset="koi8-r"> -->'],
  ])('is not, where its bytes are none and a declaration fits them: %s', async (_name, before) => {
    // The letters of windows-1251, since Node writes none of them.
    const port = Buffer.from('cfeef0f2', 'hex');
    const bytes = [
      Buffer.from(`<html><head>${before}<meta charset="windows-1251"></head><p>`),
      port,
      Buffer.from('</p>'),
    ];
    expect(await read('a.html', Buffer.concat(bytes))).toBe('Порт');
  });
});

describe('what is not seen is no text', () => {
  const SEEN = 'Donaudampfschiff für Gäste';
  const letters = (between: string): string => [...'Donaudampfschiff'].join(between) + ' für Gäste';
  const HIDDEN: readonly (readonly [string, string])[] = [
    ['soft hyphens', letters('\u00ad')],
    ['zero-width spaces', letters('\u200b')],
    ['joiners and marks of order', letters('\u2060\ufeff')],
    ['letters and their marks apart', SEEN.normalize('NFD')],
  ];

  it.each(
    ['txt', 'md', 'html', 'json', 'csv'].flatMap((format) =>
      HIDDEN.map(([name, text]) => [format, name, text] as const),
    ),
  )('%s: %s', async (format, _name, text) => {
    const written: Record<string, string> = { json: JSON.stringify({ a: text }), csv: `name,b\n${text},x\n` };
    expect(await read(`a.${format}`, written[format] ?? text)).toContain(SEEN);
  });
});

describe('pictures written into a text are none of it', () => {
  const BASE64 = 'iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4';
  const PICTURES: readonly (readonly [string, string])[] = [
    ['in base64', `data:image/png;base64,${BASE64}==`],
    ['of another kind', `data:image/svg+xml;charset=utf-8;base64,${BASE64}`],
    ['large', `data:image/jpeg;base64,${BASE64.repeat(5_000)}=`],
  ];
  const notebook = (text: string): string =>
    JSON.stringify({ cells: [{ cell_type: 'markdown', metadata: {}, source: [text] }], metadata: {}, nbformat: 4 });
  const FILES: Readonly<Record<string, (picture: string) => string>> = {
    md: (picture) => `The crane ![a](${picture}) lifts.`,
    txt: (picture) => `The crane ${picture} lifts.`,
    json: (picture) => JSON.stringify({ text: 'The crane', picture, more: 'lifts' }),
    ipynb: (picture) => notebook(`The crane ![a](${picture}) lifts.`),
    html: (picture) => `<p>The crane <img src="${picture}"> ${picture} lifts.</p>`,
    csv: (picture) => `a,b\nThe crane,"${picture}"\nlifts,x\n`,
  };

  it.each(
    Object.entries(FILES).flatMap(([format, file]) =>
      PICTURES.map(([name, picture]) => [format, name, file(picture)] as const),
    ),
  )('%s: %s', async (format, _name, file) => {
    const text = await read(`a.${format}`, file);
    expect(text).toMatch(/The crane[^]*lifts/);
    expect(text).not.toContain('iVBOR');
  });
});
