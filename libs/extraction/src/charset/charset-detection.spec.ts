import { decode as decodeLegacy, encode } from 'iconv-lite';
import { extractCsv } from '../formats/csv/csv.extractor';
import { extractHtml } from '../formats/html/html.extractor';
import { extractJson } from '../formats/json/json.extractor';
import { extractMd } from '../formats/md/md.extractor';
import { extractTxt } from '../formats/txt.extractor';
import { decodeText } from './text-decoding';

const RUSSIAN = ['Суда, пришедшие после заката, ждут у западного причала.', 'Новый причал открыт с мая.'];
const WESTERN = ['Die Häfen sind für größere Schiffe geöffnet.', 'Les élèves préfèrent la forêt.'];

/** Sentences as people write them, long and short, by the charset that their file is in. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  'windows-1251': [...RUSSIAN, 'Привет мир, как дела?'],
  'koi8-r': RUSSIAN,
  'koi8-u': ['Судна, що прийшли після заходу сонця, чекають біля причалу.', 'Привіт, їжак у лісі.'],
  cp866: RUSSIAN,
  'iso-8859-5': RUSSIAN,
  gbk: ['日落之后到达的船只停泊在西码头直到天亮。', '港口管理规定'],
  gb18030: ['日落之后到达的船只停泊在西码头直到天亮。'],
  big5: ['日落之後到達的船隻停泊在西碼頭直到天亮。', '港口管理規定'],
  shift_jis: ['日没後に到着した船は夜明けまで西の埠頭に停泊します。', '港湾管理規則について'],
  'euc-jp': ['日没後に到着した船は夜明けまで西の埠頭に停泊します。', '港湾管理規則について'],
  'euc-kr': ['해가 진 뒤에 도착한 배는 새벽까지 서쪽 부두에 정박합니다.', '항만 관리 규정'],
  'windows-1250': ['Lodě, které připlují po západu slunce, kotví u mola.', 'Zażółć gęślą jaźń, statki cumują.'],
  'iso-8859-2': ['Lodě, které připlují po západu slunce, kotví u mola.', 'Žluťoučký kůň úpěl ďábelské ódy.'],
  'windows-1252': ['Die Häfen sind „täglich“ geöffnet – außer sonntags.', 'Le café coûte 5 € à l’école.', ...WESTERN],
  'iso-8859-1': [...WESTERN, 'Le café est fermé à Noël.'],
  'iso-8859-15': ['Der Preis beträgt für größere Schiffe mehr.'],
  'windows-1253': ['Τα πλοία που φτάνουν μετά τη δύση του ήλιου δένουν στην προβλήτα.', 'Καλημέρα κόσμε'],
  'iso-8859-7': ['Τα πλοία που φτάνουν μετά τη δύση του ήλιου δένουν στην προβλήτα.', 'Καλημέρα κόσμε'],
  'windows-1254': ['Gün batımından sonra gelen gemiler şafağa kadar bağlanır.', 'İstanbul Boğazı çok güzel.'],
  'windows-1255': ['ספינות המגיעות לאחר השקיעה עוגנות ברציף המערבי עד הזריחה.'],
  'windows-1256': ['السفن التي تصل بعد غروب الشمس ترسو عند الرصيف الغربي.', 'مرحبا بالعالم'],
  'windows-1257': [
    'Laivai, atplaukiantys po saulėlydžio, švartuojasi prie prieplaukos.',
    'Kuģi pietauvojas pēc saulrieta.',
  ],
  'windows-874': ['เรือที่มาถึงหลังพระอาทิตย์ตกจะจอดที่ท่าเรือตะวันตกจนถึงรุ่งเช้า', 'สวัสดีชาวโลก'],
  cp437: WESTERN,
  cp850: ['Die Häfen sind für größere Schiffe geöffnet.', 'El niño pidió información en la estación.'],
  macintosh: WESTERN,
  'utf-16le': RUSSIAN,
};
const CASES = Object.entries(TEXTS).flatMap(([charset, texts]) => texts.map((text) => [charset, text] as const));
const bytesOf = (text: string, charset: string): Buffer =>
  charset === 'utf-16le' ? Buffer.from(`\ufeff${text}`, 'utf16le') : encode(text, charset);

describe('texts of many charsets that declare none', () => {
  it('are of at least twenty-five', () => {
    expect(Object.keys(TEXTS).length).toBeGreaterThanOrEqual(25);
    for (const [charset, text] of CASES) {
      expect({ charset, text: decodeLegacy(encode(text, charset), charset) !== text }).toEqual({
        charset,
        text: false,
      });
    }
  });

  it.each(CASES)('reads %s: %s', (charset, text) => {
    expect(extractTxt({ bytes: bytesOf(text, charset), filename: 'a.txt' }).text).toBe(text);
  });

  it.each(CASES)('reads %s in every text format: %s', (charset, text) => {
    const read = (name: string, content: string): { bytes: Buffer; filename: string } => ({
      bytes: bytesOf(content, charset),
      filename: name,
    });
    expect(extractMd(read('a.md', `# Title\n\n${text}\n`)).text).toContain(text);
    expect(extractHtml(read('a.html', `<p>${text}</p>`)).text).toBe(text);
    expect(extractJson(read('a.json', JSON.stringify({ note: text }))).text).toBe(`note: ${text}`);
    expect(extractCsv(read('a.csv', `id;note\n1;"${text}"\n`)).text).toContain(`note: ${text}`);
  });
});

describe('texts of no known charset', () => {
  it.each([
    ['bytes without any sense', [0x95, 0x41, 0xff, 0xfe, 0x81, 0xd2, 0x20, 0x9d, 0xc0, 0xff, 0x30, 0x81, 0x8d]],
    ['words of equal likelihood', [...encode('שלום עולם', 'windows-1255')].slice(0, 3)],
  ])('fails for %s, and says what to do', (_name, bytes) => {
    const read = (): string => decodeText({ bytes: Uint8Array.from(bytes), filename: 'a.txt' });
    if (_name.startsWith('bytes')) expect(read).toThrow(/Save it as UTF-8/);
    else expect(read()).not.toContain('\ufffd');
  });
});

describe('declarations', () => {
  const page = (head: string, text: string): string =>
    extractHtml({ bytes: Buffer.from(head + text), filename: 'a.html' }).text;
  const legacy = (head: string): string =>
    extractHtml({ bytes: Buffer.concat([Buffer.from(head), encode('<p>ąćę', 'iso-8859-2')]), filename: 'a.html' }).text;

  it('of a page do not count against UTF-8 that is valid', () => {
    expect(page('<meta charset="iso-8859-2">', '<p>Größe 漢字')).toBe('Größe 漢字');
    expect(page('<meta charset="windows-1251"><meta charset="utf-8">', '<p>Größe')).toBe('Größe');
  });

  it('count when they fit, wherever they stand', () => {
    expect(legacy('<meta charset="iso-8859-2">')).toBe('ąćę');
    expect(legacy(`<style>${'x{}'.repeat(10_000)}</style><meta charset="iso-8859-2">`)).toBe('ąćę');
  });

  it('in comments and scripts count for nothing', () => {
    expect(legacy('<!-- <meta charset="windows-1251"> --><meta charset="iso-8859-2">')).toBe('ąćę');
    expect(legacy('<script>"<meta charset=windows-1251>"</script><meta charset="iso-8859-2">')).toBe('ąćę');
  });

  it('that do not fit are left aside', () => {
    const bytes = encode('日没後に到着した船は夜明けまで西の埠頭に停泊します。', 'euc-jp');
    expect(decodeText({ bytes, filename: 'a.txt', declaredCharset: 'shift_jis' })).toContain('埠頭');
    expect(decodeText({ bytes, filename: 'a.txt', declaredCharset: 'latin1' })).toContain('埠頭');
  });
});
