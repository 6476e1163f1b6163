import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '../../..');

/** What libs/time does for everybody, by what gives it away in a source. */
const ONE_PLACE: readonly (readonly [what: string, sign: RegExp, except: readonly string[]])[] = [
  ['a race against a timer or a signal (use within)', /Promise\.race\(/, []],
  ['a deadline made of a signal (use within)', /AbortSignal\.timeout\(/, ['libs/database/src/database.indicator.ts']],
  ['a timer that rejects (use within)', /setTimeout\(\s*\(\) =>\s*reject\(/, []],
  // Sizes of sectors are shifts, and no waits.
  ['a wait that doubles (use backoffMs or RetrySchedule)', /\b2 \*\* (?!\d|Math\.ceil|\(?shift\b)/, []],
  [
    'the header Retry-After (read retryAfterMs of the reply)',
    /['"]retry-after['"]/,
    ['libs/endpoint/src/http-endpoint.ts'],
  ],
  ['chance in a wait (use backoffMs or RetrySchedule)', /Math\.random\(\)/, []],
  [
    'an HTTP client (use HttpEndpoint)',
    /(?<![.\w])fetch\(|requestHttps?\b(?=,| \})/,
    ['libs/endpoint/src/http-endpoint.ts'],
  ],
];

function sources(folder: string): string[] {
  return (
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      // The console runs in browsers, which have their own client and none of our libraries.
      .filter((path) => !path.includes('node_modules') && !path.includes(join('apps', 'console')))
  );
}

describe('every wait and every call is made in one way', () => {
  const files = ['libs', 'apps']
    .flatMap((folder) => sources(join(ROOT, folder)))
    .map((path) => ({ name: relative(ROOT, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))
    .filter(({ name }) => !name.startsWith('libs/time/'));

  it('reads the sources', () => {
    expect(files.length).toBeGreaterThan(200);
  });

  it.each(ONE_PLACE)('nothing outside libs/time holds %s', (_, sign, except) => {
    const holders = files.filter(({ name, text }) => sign.test(text) && !except.includes(name));
    expect(holders.map(({ name }) => name)).toEqual([]);
  });

  it.each(ONE_PLACE)('the sign of %s is found where it is meant to be', (_, sign, except) => {
    for (const name of except) expect(files.find((file) => file.name === name)?.text).toMatch(sign);
  });
});
