import type { PoolClient, QueryArrayConfig } from 'pg';

/** One value as PostgreSQL writes it; bytes for the columns that `isBytes` names. */
export type RawValue = string | Buffer | null;
export type RawRow = readonly RawValue[];

/** A column that takes values, as the database describes it. Its name and type may stand in SQL as they are. */
export interface TableColumn {
  readonly name: string;
  /** As `format_type` gives it. */
  readonly type: string;
}

/** @returns the columns that can be inserted into, in order; none when there is no such table */
export async function columnsOf(client: PoolClient, table: string): Promise<readonly TableColumn[]> {
  const { rows } = await client.query<TableColumn>(
    `SELECT quote_ident(attname) AS name, format_type(atttypid, atttypmod) AS type
       FROM pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
      ORDER BY attnum`,
    [table],
  );
  return rows;
}

export function isVector(type: string): boolean {
  return /^(\w+\.)?(vector|halfvec)\(/.test(type);
}

/** The type in which a backup keeps the values of a column: vectors in four bytes a number, as they always were. */
export function asKept(type: string): string {
  return isVector(type) ? type.replace('halfvec(', 'vector(') : type;
}

/** Whether the values of a column are kept as bytes, not as text. */
export function isBytes({ type }: TableColumn): boolean {
  return type === 'bytea' || isVector(type);
}

const AS_TEXT = { getTypeParser: () => (value: string) => value };

/** Runs a query whose values come as PostgreSQL writes them, row by row as arrays; those of `bytes` as Buffers. */
export async function queryRaw(client: PoolClient, text: string, bytes: readonly boolean[]): Promise<RawRow[]> {
  const query: QueryArrayConfig = { text, rowMode: 'array', types: AS_TEXT };
  const { rows } = await client.query<(string | null)[]>(query);
  return rows.map((row) =>
    // bytea in its hex form: \x0a0b…
    row.map((value, index) => (value !== null && bytes[index] === true ? Buffer.from(value.slice(2), 'hex') : value)),
  );
}
