import { quotable, wordsOf } from './server-words';

describe('the words of an error body', () => {
  it.each([
    ['{"error":{"message":"no such model","type":"invalid_request_error"}}', 'no such model'],
    ['{"error":"model not loaded","error_type":"Unhealthy"}', 'model not loaded'],
    ['{"object":"error","message":"bad","code":40001}', 'bad'],
    ['{"detail":"Not Found"}', 'Not Found'],
    ['{"detail":[{"input":"the text of a document"}]}', ''],
    ['[1]', ''],
    ['null', ''],
    ['plain words', 'plain words'],
    ['<!doctype html><title>502</title>', ''],
  ])('%s', (body, expected) => {
    expect(wordsOf(body)).toBe(expected);
  });
});

describe('what of them is shown', () => {
  const KEY = 'sk-abcdefghijklmnop';
  const TEXT = 'Bees gather honey all summer long.';

  it('is one line, bounded, without control characters', () => {
    expect(quotable('no\r\n such\u001b[31m \tmodel ', KEY, [TEXT])).toBe('no such [31m model');
    const long = quotable('x y '.repeat(5_000), KEY, [TEXT]);
    expect(long).toHaveLength(200);
    expect(long).toMatch(/…$/);
    expect(quotable(`${'x'.repeat(198)}🐝🐝`, KEY, [TEXT])?.isWellFormed()).toBe(true);
  });

  it('never holds the key, nor a piece of it', () => {
    expect(quotable(`Incorrect API key provided: ${KEY}.`, KEY, [TEXT])).toBe('Incorrect API key provided: [hidden].');
    expect(quotable(`Incorrect API key provided: ${KEY.slice(0, 12)}***.`, KEY, [TEXT])).toBeUndefined();
    // The bound falls into the key: it is taken out before.
    expect(quotable(`${'x'.repeat(190)}${KEY}`, KEY, [TEXT])).not.toContain('sk-a');
  });

  it.each([
    `could not embed "${TEXT}"`,
    "input_value='Bees gather hon…'",
    'could not embed BEES? Bees  gather\nhoney',
    'Could not embed "so\\u0142"',
    'could not embed bees',
  ])('is nothing when it may quote a text: %s', (words) => {
    expect(quotable(words, undefined, [TEXT, 'bees'])).toBeUndefined();
  });

  it('is nothing when there is nothing', () => {
    expect(quotable(' \n', undefined, [])).toBeUndefined();
    expect(quotable('no such model', undefined, ['', TEXT])).toBe('no such model');
  });
});
