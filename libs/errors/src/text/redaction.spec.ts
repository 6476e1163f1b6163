import fc from 'fast-check';
import { cutText, firstText, replaceToFit } from './cut';
import { redact } from './redaction';
import { cpuMs } from '../../../../test/support/stopwatch';

const KEY = `vl_${'a1B2'.repeat(3)}_${'x-Y_'.repeat(10)}abc`;

describe('redact', () => {
  it.each([
    ['an API key', `key ${KEY} is bad`, KEY],
    ['a bearer token', 'Authorization: Bearer abc.def-123', 'abc.def-123'],
    ['a basic header', 'authorization: Basic dXNlcjpodW50ZXIyMTIz', 'dXNlcjpodW50ZXIyMTIz'],
    ['a connection string', 'connect postgres://user:hunter2@db:5432/x failed', 'hunter2'],
    ['one with an @ and a slash in its password', 'redis://:p@ss/hunter2@box:6379', 'hunter2'],
    ['one of keywords', 'host=db password=hunter2 dbname=x', 'hunter2'],
    ['JSON', '{"user":"a","password":"hunter 2 \\" x"}', 'hunter'],
    ['a variable', 'OPENAI_API_KEY=hunter2 is refused', 'hunter2'],
    ['a provider key', 'Incorrect API key provided: sk-proj-hunter2hunter2', 'hunter2'],
    ['a Slack webhook', 'POST https://hooks.slack.com/services/T000/B000/hunter2 failed', 'hunter2'],
    ['a Discord webhook', 'https://discord.com/api/webhooks/123/hunter2?wait=true', 'hunter2'],
    ['a JWT', `got eyJhbGciOiJIUzI1NiJ9.eyJodW50ZXIyIjoxfQ.c2ln`, 'eyJhbGciOiJIUzI1NiJ9'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----', 'hunter2'],
    ['a key split by a zero-width space', `vl_a1B2a1B2\u200ba1B2_hunter2hunter2`, 'hunter2'],
  ])('hides %s', (_, text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('[hidden]');
  });

  it('hides what it is told to, whatever it looks like', () => {
    expect(redact('POST /hook/plainword42 said no', ['/hook/plainword42'])).toBe('POST [hidden] said no');
  });

  it('leaves ordinary messages alone', () => {
    const text =
      'TypeError: cannot read "token" of undefined (basic checks passed) at https://example.org/a?b=1, 12 tokens: ok';
    expect(redact(text)).toBe(text);
  });

  it('never shows the beginning of a secret that a cut went through', () => {
    const text = `${'x'.repeat(16_380)} postgres://user:hunter2${'y'.repeat(1_000_000)}@db`;
    expect(redact(text)).not.toContain('hunter');
    const tight = `${'word '.repeat(3_270)}postgres://u:hunter2hunter2@db`;
    expect(redact(`${tight}${' tail'.repeat(1_000)}`)).not.toContain('hunter2');
  });

  it('takes a megabyte of anything in little time', async () => {
    for (const piece of [
      'a',
      'a://',
      'password',
      '"password":"',
      'vl_',
      '\ud800',
      'Z\u0351\u0351\u0351\u0351\u0351',
      '-----BEGIN PRIVATE KEY-----',
    ]) {
      const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
      let shown = '';
      expect(await cpuMs(() => (shown = redact(text)))).toBeLessThan(2_000);
      expect(shown.length).toBeLessThanOrEqual(32_768);
      expect(shown.isWellFormed()).toBe(true);
    }
  });

  it('takes out what a terminal obeys, turned reading directions and piled-up marks', () => {
    expect(redact('a\u001b[31mb\u0007c\u202ed\u2066e\r\nf')).toBe('a[31mbcde\nf');
    expect(redact(`Z${'\u0351'.repeat(50)}!`)).toBe(`Z${'\u0351'.repeat(4)}!`);
    expect(redact('half \ud83d')).toBe('half \ufffd');
  });
});

describe('cutting', () => {
  const texts = fc.string({ unit: 'binary', maxLength: 40 });

  it('keeps characters whole and stays within the limit', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 30 }), (text, limit) => {
        const clean = text.toWellFormed();
        for (const cut of [firstText(clean, limit), cutText(clean, limit), replaceToFit(clean, limit, {})]) {
          expect(cut.isWellFormed()).toBe(true);
          expect(cut.length).toBeLessThanOrEqual(limit);
          if (clean.length <= limit) expect(cut).toBe(clean);
        }
      }),
    );
  });

  it('never cuts a replacement in two', () => {
    expect(replaceToFit('a&b', 7, { '&': '&amp;' })).toBe('a&amp;b');
    expect(replaceToFit('a&b', 6, { '&': '&amp;' })).toBe('a…');
    expect(replaceToFit('a&&b', 7, { '&': '&amp;' })).toBe('a&amp;…');
  });
});
