/** Raw bodies that claim to be multipart/form-data and are not quite. */
export interface MalformedBody {
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly bytes: Buffer;
}

const FORM = (boundary: string): Record<string, string> => ({
  'Content-Type': `multipart/form-data; boundary=${boundary}`,
});
const PART = (disposition: string, content: string, boundary = 'b'): string =>
  `--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n`;
const FILE = PART('form-data; name="file"; filename="a.txt"', 'some text');
const END = '--b--\r\n';

export function malformedMultipartBodies(): MalformedBody[] {
  const bodies: [name: string, body: string | Buffer, headers?: Record<string, string>][] = [
    ['no boundary in the header', FILE + END, { 'Content-Type': 'multipart/form-data' }],
    ['an empty boundary', FILE + END, { 'Content-Type': 'multipart/form-data; boundary=' }],
    ['a boundary of quotes', FILE + END, { 'Content-Type': 'multipart/form-data; boundary=""' }],
    ['another boundary than announced', FILE + END, FORM('other')],
    ['a very long boundary', FILE + END, FORM('b'.repeat(5_000))],
    ['a header with broken parameters', FILE + END, { 'Content-Type': 'multipart/form-data; boundary' }],
    ['another multipart type', FILE + END, { 'Content-Type': 'multipart/mixed; boundary=b' }],
    ['an empty body', ''],
    ['only the end', END],
    ['only a line end', '\r\n'],
    ['no end', FILE],
    ['an end without its dashes', `${FILE}--b\r\n`],
    ['half an end', `${FILE}--b-`],
    ['nothing but dashes', '-'.repeat(1_000)],
    ['a part that ends in its headers', '--b\r\nContent-Disposition: form-data; name="file"; filena'],
    [
      'a part without a blank line',
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nsome text\r\n--b--\r\n',
    ],
    ['a part without headers', `--b\r\n\r\nsome text\r\n${END}`],
    ['a part without a disposition', `--b\r\nContent-Type: text/plain\r\n\r\nsome text\r\n${END}`],
    ['a disposition without a name', PART('form-data; filename="a.txt"', 'x') + END],
    ['a disposition that is no form-data', PART('attachment; name="file"; filename="a.txt"', 'x') + END],
    ['an empty disposition', PART('', 'x') + END],
    ['a disposition of semicolons', PART(';;;;', 'x') + END],
    ['an unterminated quote', PART('form-data; name="file; filename="a.txt', 'x') + END],
    ['a file field that is no file', PART('form-data; name="file"', 'x') + END],
    ['an empty file', PART('form-data; name="file"; filename="a.txt"', '') + END],
    ['an unknown file field', PART('form-data; name="upload"; filename="a.txt"', 'x') + END],
    ['an unknown field', PART('form-data; name="colour"', 'red') + FILE + END],
    ['a field called __proto__', PART('form-data; name="__proto__"', '{}') + FILE + END],
    ['two files', FILE + FILE + END],
    ['two metadata fields', PART('form-data; name="metadata"', '{}').repeat(2) + FILE + END],
    ['metadata without a file', PART('form-data; name="metadata"', '{}') + END],
    ['metadata that is no JSON', PART('form-data; name="metadata"', '{') + FILE + END],
    ['metadata that is a list', PART('form-data; name="metadata"', '[]') + FILE + END],
    ['metadata as a file that is a list', PART('form-data; name="metadata"; filename="m.json"', '[]') + FILE + END],
    ['metadata beyond its size', PART('form-data; name="metadata"', `{"a":"${'x'.repeat(40_000)}"}`) + FILE + END],
    ['a field name beyond its size', PART(`form-data; name="${'n'.repeat(5_000)}"`, 'x') + FILE + END],
    [
      'fifty fields',
      Array.from({ length: 50 }, (_, index) => PART(`form-data; name="f${index}"`, 'x')).join('') + FILE + END,
    ],
    ['a thousand empty parts', '--b\r\n\r\n\r\n'.repeat(1_000) + END],
    ['a hundred headers in a part', `--b\r\n${'X-Header: 1\r\n'.repeat(100)}\r\nx\r\n${END}`],
    ['a header of 100 kB', `--b\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\nx\r\n${END}`],
    ['a header without a colon', `--b\r\nContent-Disposition form-data\r\n\r\nx\r\n${END}`],
    ['a header folded without end', `--b\r\nContent-Disposition: form-data;\r\n${' name="file";\r\n'.repeat(500)}`],
    ['NUL bytes everywhere', Buffer.alloc(2_000)],
    ['NUL bytes in the disposition', PART('form-data; name="fi\0le"; filename="a.txt"', 'x') + END],
    [
      'high bytes in the headers',
      Buffer.concat([Buffer.from('--b\r\n'), Buffer.alloc(500, 0xff), Buffer.from('\r\n\r\nx\r\n--b--')]),
    ],
    ['line feeds instead of line ends', FILE.replaceAll('\r\n', '\n') + END.replaceAll('\r\n', '\n')],
    ['carriage returns alone', FILE.replaceAll('\r\n', '\r') + END],
    ['a boundary inside the headers', '--b\r\nContent-Disposition: form-data; --b\r\n\r\nx\r\n--b--\r\n'],
    ['boundaries without end', '--b\r\n'.repeat(2_000)],
    ['JSON under a multipart header', '{"text":"hello"}'],
    ['XML under a multipart header', '<?xml version="1.0"?><file>hello</file>'],
    ['random bytes', Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 131 + 17) % 251))],
    ['a nested multipart', `--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n${END}`],
    ['the preamble alone', 'This is a message in MIME format.\r\n'.repeat(50)],
  ];
  return bodies.map(([name, body, headers]) => ({
    name,
    headers: headers ?? FORM('b'),
    bytes: typeof body === 'string' ? Buffer.from(body, 'latin1') : body,
  }));
}
