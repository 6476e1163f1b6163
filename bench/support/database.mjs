import pg from 'pg';

/** @param {string} url */
export async function connected(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Asks the database, which costs next to nothing beside a request. @param {pg.Client} database */
export async function untilIdle(database) {
  const unfinished = `SELECT 1 FROM documents WHERE status IN ('pending', 'processing') LIMIT 1`;
  while ((await database.query(unfinished)).rows.length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}
