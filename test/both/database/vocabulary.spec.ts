import { COLLECTION_NAME, DeliveryStatus, DocumentStatus, EventType, Lane, Scope, Stage } from '@vectorlane/domain';
import { openTestDatabase, type TestDatabase } from '../../support/test-database';

jest.setTimeout(60_000);

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

/** What a CHECK constraint admits, for each column that is bound to a list of words. */
async function lists(): Promise<Record<string, string[]>> {
  const rows = await database.dataSource.query<{ column: string; definition: string }[]>(
    `SELECT c.conrelid::regclass::text || '.' || a.attname AS column, pg_get_constraintdef(c.oid) AS definition
       FROM pg_constraint c
       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      WHERE c.contype = 'c' AND cardinality(c.conkey) = 1 AND c.connamespace = current_schema()::regnamespace`,
  );
  return Object.fromEntries(
    rows.flatMap(({ column, definition }) => {
      const words = [...definition.matchAll(/'([^']+)'::text/g)].map(([, word = '']) => word);
      return words.length === 0 ? [] : [[column, words]];
    }),
  );
}

it('the database admits the lists of the domain and nothing else', async () => {
  expect(await lists()).toEqual({
    'api_keys.scopes': Scope.options,
    'collections.name': [COLLECTION_NAME.source],
    'document_events.type': EventType.options,
    'documents.lane': Lane.options,
    'documents.stage': Stage.options,
    'documents.status': DocumentStatus.options,
    'webhook_deliveries.status': DeliveryStatus.options,
  });
});
