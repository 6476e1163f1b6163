import { Writable } from 'node:stream';
import { loadConfig } from '@vectorlane/config';
import pino from 'pino';
import { QueryFailedError } from 'typeorm';
import { pinoOptions } from './pino-options';

const SECRET = 'planted-4f9c';

/** What a line looks like when somebody logs these fields. */
const logged = (fields: object): string => {
  let text = '';
  const sink = new Writable({ write: (chunk: Buffer, _encoding, done) => ((text += chunk.toString()), done()) });
  pino(pinoOptions(loadConfig({ LOG_FORMAT: 'json' })), sink).error(fields, 'a message');
  return text;
};

describe('a log line', () => {
  it.each([
    ['a key by name', { apiKey: SECRET }],
    ['a password', { password: SECRET }],
    ['a header', { headers: { 'x-api-key': SECRET, authorization: `Bearer ${SECRET}`, cookie: SECRET } }],
    ['a request', { req: { headers: { 'x-api-key': SECRET, authorization: `Bearer ${SECRET}` } } }],
    [
      'what Redis was told',
      { err: Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: [SECRET] } }) },
    ],
    [
      'what PostgreSQL was told, and what it says of it',
      {
        err: new QueryFailedError(
          'INSERT INTO documents VALUES ($1)',
          [SECRET],
          Object.assign(new Error('duplicate key value violates unique constraint "x"'), {
            detail: `Key (name)=(${SECRET}) already exists.`,
            where: `unnamed portal parameter $1 = '${SECRET}'`,
          }),
        ),
      },
    ],
    [
      'an error behind an error',
      {
        err: new Error('outer', {
          cause: new QueryFailedError('SELECT 1', [SECRET], Object.assign(new Error('inner'), { detail: SECRET })),
        }),
      },
    ],
  ])('does not show %s', (_, fields) => {
    const line = logged(fields);
    expect(line).toContain('a message');
    expect(line).not.toContain(SECRET);
  });

  it.each([
    ['alone', (error: Error) => error],
    ['behind another', (error: Error) => new Error('the document could not be stored', { cause: error })],
  ])('says which kind of value the database refused, and not the value: %s', (_, wrap) => {
    const refused = new QueryFailedError(
      'SELECT $1::uuid',
      [SECRET],
      Object.assign(new Error(`invalid input syntax for type uuid: "${SECRET}\n "quoted" ${SECRET}"`), {
        code: '22P02',
      }),
    );
    const line = logged({ err: wrap(refused) });
    expect(line).toContain('invalid input syntax for type uuid');
    expect(line).toContain('redaction.spec.ts');
    expect(line).not.toContain(SECRET);
  });

  it('keeps the stack of an error, and of the one behind it', () => {
    const line = logged({ err: new Error('outer', { cause: new Error('inner') }) });
    const { err } = JSON.parse(line) as { err: { stack: string } };
    expect(err.stack).toMatch(/outer[^]*redaction\.spec\.ts[^]*caused by[^]*inner/);
  });
});
