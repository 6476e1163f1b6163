import { join } from 'node:path';
import { read, ROOT } from '../../support/compose-file';
import type { Untyped } from '../../support/test-app';

/** What `npm run check` takes for a breaking change of openapi.json, and what lets one pass. */
const { breakingChanges } = jest.requireActual<Untyped>(join(ROOT, 'scripts/api-changes/compare.mjs'));
const { breakingEntries, isNamed, lastRelease } = jest.requireActual<Untyped>(
  join(ROOT, 'scripts/api-changes/changelog.mjs'),
);

const REQUEST = {
  type: 'object',
  required: ['query'],
  additionalProperties: false,
  properties: {
    query: { type: 'string', maxLength: 100 },
    topK: { type: 'integer', minimum: 1, maximum: 50 },
    mode: { enum: ['words', 'vectors'] },
    when: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }] },
  },
};
const ANSWER = {
  type: 'object',
  required: ['id', 'hits'],
  properties: {
    id: { type: 'string' },
    kind: { type: 'string', enum: ['a', 'b'] },
    hits: { type: 'array', items: { $ref: '#/components/schemas/Hit' } },
  },
};
const HIT = { type: 'object', required: ['text'], properties: { text: { type: 'string' }, page: { type: 'integer' } } };

interface Parts {
  request?: object;
  answer?: object;
  hit?: object;
  operation?: object;
  statuses?: string[];
  path?: string;
}

/** A small API; each test changes one part of it. */
function api({ request, answer, hit, operation, statuses = ['200', '404'], path = '/things/{id}' }: Parts = {}) {
  const content = { 'application/json': { schema: { ...ANSWER, ...answer } } };
  const body = { 'application/json': { schema: { ...REQUEST, ...request } } };
  const parameters = [
    { in: 'path', name: 'id', required: true, schema: { type: 'string' } },
    { in: 'query', name: 'limit', schema: { type: 'integer', maximum: 100 } },
  ];
  const responses = Object.fromEntries(
    statuses.map((status) => [
      status,
      status === '200' ? { content, headers: { Location: { schema: { type: 'string' } } } } : {},
    ]),
  );
  const post = { parameters, requestBody: { content: body }, responses, ...operation };
  return { paths: { [path]: { post } }, components: { schemas: { Hit: { ...HIT, ...hit } } } };
}

const properties = (of: { properties: object }, changed: object) => ({ properties: { ...of.properties, ...changed } });
const told = (after: unknown): string[] =>
  breakingChanges(api(), after).map(({ subject, what, at }: Untyped) => `${at} ${subject}: ${what}`.trim());

it.each<[string, Parts, string[]]>([
  ['an operation', { path: '/others/{id}' }, ['POST /things/:id: is gone']],
  ['a status', { statuses: ['200'] }, ['404: is a status that is no longer answered']],
  [
    'a field of an answer',
    { answer: { properties: { id: ANSWER.properties.id, hits: ANSWER.properties.hits } } },
    ['200 kind: is no longer given'],
  ],
  [
    'a field of a schema with a name',
    { hit: { properties: { text: HIT.properties.text } } },
    ['page: is no longer given'],
  ],
  ['a promise that a field is there', { hit: { required: [] } }, ['text: may be missing']],
  [
    'the type of an answer',
    { hit: properties(HIT, { text: { type: ['string', 'null'] } }) },
    ['text text: may be null'],
  ],
  [
    'a value',
    { answer: properties(ANSWER, { kind: { enum: ['a', 'c'] } }) },
    ['200 kind b: is a value that is no longer given'],
  ],
  ['a new field that is required', { request: { required: ['query', 'topK'] } }, ['topK: has to be given']],
  [
    'a field of a request',
    { request: { properties: { query: {}, mode: {}, when: {} } } },
    ['topK: is no longer accepted'],
  ],
  [
    'an accepted value',
    { request: properties(REQUEST, { mode: { enum: ['words'] } }) },
    ['mode mode: "vectors" is no longer accepted'],
  ],
  [
    'an accepted type',
    { request: properties(REQUEST, { when: { type: 'string', format: 'date-time' } }) },
    ['when when: integer is no longer accepted'],
  ],
  [
    'a limit',
    { request: properties(REQUEST, { query: { type: 'string', maxLength: 99 } }) },
    ['query query: maxLength is 99, not 100'],
  ],
  [
    'a pattern',
    { request: properties(REQUEST, { query: { type: 'string', maxLength: 100, pattern: 'x' } }) },
    ['query query: pattern is "x"'],
  ],
  [
    'a body that must be there',
    { operation: { requestBody: { ...api().paths['/things/{id}']?.post.requestBody, required: true } } },
    ['body: has to be given'],
  ],
  [
    'a media type',
    { operation: { requestBody: { content: { 'text/plain': {} } } } },
    ['application/json: is no longer taken'],
  ],
  ['a parameter', { operation: { parameters: [] } }, ['limit: is a parameter that is no longer taken']],
  [
    'a new parameter that is required',
    {
      operation: {
        parameters: [
          ...(api().paths['/things/{id}']?.post.parameters ?? []),
          { in: 'query', name: 'q', required: true },
        ],
      },
    },
    ['q: is a parameter that has to be given'],
  ],
  [
    'a header',
    { operation: { responses: { 200: { content: {} }, 404: {} } } },
    ['Location: is a header that 200 no longer has', '200 application/json: is no longer given'],
  ],
])('tells of %s', (_what, parts, changes) => {
  expect(told(api(parts))).toEqual(changes);
});

it.each<[string, Parts]>([
  ['nothing', {}],
  ['another word for the id of a path', { path: '/things/{thing}' }],
  [
    'new statuses, fields and values',
    {
      statuses: ['200', '404', '429'],
      answer: properties(ANSWER, { kind: { type: 'string', enum: ['a', 'b', 'c'] }, more: { type: 'string' } }),
      request: properties(REQUEST, { mode: { enum: ['words', 'vectors', 'both'] }, more: { type: 'string' } }),
    },
  ],
  [
    'wider limits',
    { request: properties(REQUEST, { query: { type: 'string' }, topK: { type: 'number', maximum: 60 } }) },
  ],
  [
    'the same type in other words',
    { request: properties(REQUEST, { when: { oneOf: [{ type: 'integer' }, { type: 'string' }] } }) },
  ],
  [
    'a condition on new fields alone',
    { request: { ...properties(REQUEST, { more: {} }), not: { required: ['more', 'mode'] } } },
  ],
])('takes %s for compatible', (_what, parts) => {
  expect(told(api(parts))).toEqual([]);
});

it('compares a schema that holds itself', () => {
  const tree = { properties: { more: { type: 'array', items: { $ref: '#/components/schemas/Hit' } } } };
  const before = api({ hit: tree });
  const after = api({ hit: { ...tree, required: ['more'] } });
  expect(breakingChanges(before, before)).toEqual([]);
  expect(breakingChanges(before, after)).toEqual([]);
});

const changelog = (entry: string) => `# Changelog

## [Unreleased]

### Breaking

- Something else, of \`POST /others\`.
- ${entry}

### Added

- \`page\` of \`Hit\`.

## [1.2.0] - 2026-01-01

### Breaking

- \`page\` of \`Hit\` is gone.
`;

it.each([
  ['`page` is gone from `Hit`.', true],
  ['The answer of `POST /things/:id` has no\n  `page` any more.', true],
  ['A hit has one `place: {page?, row?}` (`Hit`).', true],
  ['page of Hit, without a sign that they are names.', false],
  ['`page`, and not whose.', false],
  ['`text` of `Hit`.', false],
])('lets a change pass that the changelog names: %s', (entry, passes) => {
  const [change, ...others] = breakingChanges(api(), api({ hit: { properties: { text: HIT.properties.text } } }));
  expect(others).toEqual([]);
  expect(lastRelease(changelog(entry))).toBe('1.2.0');
  expect(isNamed(change, breakingEntries(changelog(entry), '1.2.0'))).toBe(passes);
});

it('is explained: every code of a refusal stands in the page on the API, with what to do', () => {
  const { ProblemCode } = JSON.parse(read('openapi.json')).components.schemas;
  const rows = read('docs/api.md')
    .split('\n')
    .filter((line) => /^\| \d{3} /.test(line));
  expect(ProblemCode.enum.filter((code: string) => !rows.some((row) => row.includes(`\`${code}\``)))).toEqual([]);
});
