import fc from 'fast-check';
import { extensionOf, normaliseFilename } from './filename';

describe('normaliseFilename', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['/etc/passwd', 'passwd'],
    ['C:\\Users\\Ada\\Mein Bericht.docx', 'Mein Bericht.docx'],
    ['../../secret\\x/..\\notes.md', 'notes.md'],
    ['  many   \t spaces .txt ', 'many spaces .txt'],
    ['line\r\nbreak.txt', 'line break.txt'],
    ['nul\0bell\x07.txt', 'nulbell.txt'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['\u2066a\u2069\u200f.md', 'a.md'],
    ['...hidden', 'hidden'],
    ['.env', 'env'],
    ['cafe\u0301.txt', 'café.txt'],
    ['lone\ud800.txt', 'lone\ufffd.txt'],
    ['', 'untitled'],
    ['..', 'untitled'],
    ['folder/', 'untitled'],
    ['\u202e\u200b', 'untitled'],
    ['日本語.txt', '日本語.txt'],
    ['👩‍👩‍👧.txt', '👩‍👩‍👧.txt'],
  ])('%j becomes %j', (name, expected) => {
    expect(normaliseFilename(name)).toBe(expected);
  });

  it('bounds long names at 255 bytes, at a character, with the extension', () => {
    const name = normaliseFilename(`${'ü'.repeat(200)}.html`);
    expect(name).toBe(`${'ü'.repeat(125)}.html`);
    expect(normaliseFilename('x'.repeat(300))).toBe('x'.repeat(255));
    expect(normaliseFilename(`a.${'x'.repeat(300)}`)).toHaveLength(255);
  });

  it('gives a safe name for anything, and the same for its own result', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const safe = normaliseFilename(name);
        expect(safe).not.toBe('');
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
        expect(safe).toBe(safe.normalize('NFC'));
        expect(safe).not.toMatch(/[/\\\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]|^\.|^\s|\s$|\s\s/);
        expect(normaliseFilename(safe)).toBe(safe);
      }),
    );
  });
});

describe('extensionOf', () => {
  it.each([
    ['a.TXT', 'txt'],
    ['archive.tar.gz', 'gz'],
    ['README', ''],
    ['ends.', ''],
  ])('%j has %j', (name, expected) => {
    expect(extensionOf(name)).toBe(expected);
  });
});
