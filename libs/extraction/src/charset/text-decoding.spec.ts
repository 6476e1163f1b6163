import { decodeText, guessUtf16 } from './text-decoding';
import { isWhiteSpace, normaliseText } from '../text-normalisation';

const decode = (bytes: Uint8Array, declaredCharset?: string): string =>
  decodeText({ bytes, filename: 'a.txt', ...(declaredCharset !== undefined && { declaredCharset }) });
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const utf16be = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16();

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from('Größe: 5 €, 漢字')],
    ['UTF-8 with a mark', Buffer.from('\ufeffGröße: 5 €, 漢字')],
    ['UTF-16 LE with a mark', Buffer.from('\ufeffGröße: 5 €, 漢字', 'utf16le')],
    ['UTF-16 BE with a mark', utf16be('\ufeffGröße: 5 €, 漢字')],
    ['UTF-16 LE without a mark', Buffer.from('Größe: 5 €, 漢字', 'utf16le')],
    ['UTF-16 BE without a mark', utf16be('Größe: 5 €, 漢字')],
  ])('reads %s', (_name, bytes) => {
    expect(decode(bytes)).toBe('Größe: 5 €, 漢字');
  });

  it('falls back to windows-1252 with its own quotes, dashes and euro sign', () => {
    expect(decode(latin1('\x93Gr\xf6\xdfe\x94 \x96 5 \x80 it\x92s'))).toBe('“Größe” – 5 € it’s');
  });

  it.each([
    ['shift_jis', [0x93, 0xfa, 0x96, 0x7b], '日本'],
    ['windows-1251', [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2], 'Привет'],
    ['ISO-8859-2', [0xb1, 0xe6, 0xea], 'ąćę'],
  ])('takes the uploader at their word for %s', (charset, bytes, expected) => {
    expect(decode(Uint8Array.from(bytes), charset)).toBe(expected);
  });

  it('goes by the bytes when the declaration is unknown or cannot be true', () => {
    expect(decode(Buffer.from('Größe'), 'x-nonsense')).toBe('Größe');
    expect(decode(Buffer.from('Größe'), 'us-ascii')).toBe('Größe');
    expect(decode(latin1('Die Gr\xf6\xdfe'), 'utf-8')).toBe('Die Größe');
    expect(decode(Buffer.from('\ufeffGröße', 'utf16le'), 'utf-8')).toBe('Größe');
  });

  it('keeps UTF-8 with a few damaged bytes as UTF-8', () => {
    const damaged = Buffer.concat([
      Buffer.from('Größenübersicht für Überprüfungen äöüß '),
      latin1('\xff'),
      Buffer.from(' Ende'),
    ]);
    expect(decode(damaged)).toBe('Größenübersicht für Überprüfungen äöüß \ufffd Ende');
  });

  it.each([
    ['<meta charset>', '<html><head><meta charset="windows-1251"><title>'],
    ['<meta http-equiv>', '<meta http-equiv=Content-Type content="text/html; charset=windows-1251">'],
    ['XML declaration', '<?xml version="1.0" encoding="windows-1251"?><html>'],
  ])('reads the charset of HTML from its %s', (_name, start) => {
    const bytes = Buffer.concat([Buffer.from(start), Uint8Array.from([0xcf, 0xf0, 0xe8])]);
    expect(decodeText({ bytes, filename: 'a.html' }, 'html')).toBe(`${start}При`);
  });

  it('does not believe an HTML page that calls itself UTF-16 in single bytes', () => {
    const source = '<meta charset="utf-16"><p>Größe';
    expect(decodeText({ bytes: Buffer.from(source), filename: 'a.html' }, 'html')).toBe(source);
  });

  it('sees no UTF-16 in text with a stray NUL', () => {
    expect(guessUtf16(Buffer.from(`${'abcdefgh'.repeat(20)}\0`))).toBeUndefined();
  });
});

describe('normaliseText', () => {
  it('composes, unifies line ends and drops what cannot be stored', () => {
    expect(normaliseText('e\u0301\r\nb\rc\0d\ud800e')).toBe('é\nb\ncd\ufffde');
  });

  it('joins what a NUL stood between before looking at it', () => {
    expect(normaliseText('a\r\0\nb\ud83d\0\ude00')).toBe('a\nb😀');
  });

  it('knows the same white space as trim', () => {
    for (let codeUnit = 0; codeUnit <= 0xffff; codeUnit += 1) {
      if (isWhiteSpace(codeUnit) !== (String.fromCharCode(codeUnit).trim() === '')) {
        throw new Error(`differs at ${codeUnit.toString(16)}`);
      }
    }
  });
});
