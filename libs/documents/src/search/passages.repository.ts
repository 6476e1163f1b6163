import { Injectable } from '@nestjs/common';
import { prepared } from '@vectorlane/database';
import { Place } from '@vectorlane/domain';
import { DataSource } from 'typeorm';
import { isPlain, type SearchFilter } from './filter-condition';
import { SqlParameters } from './sql-parameters';
import { type Moment, switchedSince } from './switches.repository';

/** A chunk with what an answer says of it and of its document. */
export interface Passage {
  readonly chunkId: string;
  readonly documentId: string;
  readonly content: string;
  readonly charStart: number;
  readonly charEnd: number;
  readonly place: Place;
  readonly filename: string;
  readonly format: string;
  /** In which its words were read. */
  readonly language: string;
  /** The uploader's own metadata of the document. */
  readonly metadata: Record<string, unknown>;
}

/** A chunk beside another one. */
export interface NeighbouringChunk {
  readonly chunkId: string;
  readonly content: string;
  readonly charStart: number;
  readonly charEnd: number;
}

interface PassageRow {
  id: string;
  document_id: string;
  content: string;
  char_start: number;
  char_end: number;
  place: unknown;
  filename: string;
  format: string;
  language: string | null;
  metadata: Record<string, unknown>;
}

interface NeighbourRow {
  of: string;
  is_before: boolean;
  /** Null where the chunk has no neighbour at all. */
  id: string | null;
  content: string;
  char_start: number;
  char_end: number;
}

const PASSAGE =
  'v.id, v.document_id, v.content, v.char_start, v.char_end, v.place, v.filename, v.format, v.language, v.metadata';

/** Chunks as an answer shows them, read through the view of visible chunks. */
@Injectable()
export class PassagesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** By chunk id; a chunk whose document was deleted meanwhile is not there. */
  async read(chunkIds: readonly string[]): Promise<ReadonlyMap<string, Passage>> {
    if (chunkIds.length === 0) return new Map();
    const parameters = new SqlParameters();
    const ids$ = parameters.addLookup(chunkIds, 'uuid');
    const rows = await this.dataSource.query<PassageRow[]>(
      prepared(`SELECT ${PASSAGE} FROM visible_chunks v WHERE v.id = ANY(${ids$})`),
      parameters.values,
    );
    return new Map(rows.map((row) => [row.id, toPassage(row)]));
  }

  /**
   * As `read`, and whether any document that passes the filter has got other content since a moment: one statement, so
   * that it is the same state that both are said of.
   */
  async readSince(
    chunkIds: readonly string[],
    moment: Moment,
    filter: SearchFilter,
  ): Promise<{ passages: ReadonlyMap<string, Passage>; hasSwitched: boolean }> {
    const parameters = new SqlParameters();
    const ids$ = parameters.addLookup(chunkIds, 'uuid');
    const sql = `SELECT s.has_switched, ${PASSAGE}
                   FROM (SELECT ${switchedSince(moment, filter, parameters)} AS has_switched) AS s
                   LEFT JOIN visible_chunks v ON v.id = ANY(${ids$})`;
    const rows = await this.dataSource.query<(PassageRow & { has_switched: boolean })[]>(
      isPlain(filter) ? prepared(sql) : sql,
      parameters.values,
    );
    // Without any chunk there is one row all the same, of nothing but the answer.
    const found = rows.filter(({ id }: { id: string | null }) => id !== null);
    return {
      passages: new Map(found.map((row) => [row.id, toPassage(row)])),
      hasSwitched: rows[0]?.has_switched === true,
    };
  }

  /** The document of each chunk that readers see. */
  async documentsOf(chunkIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.dataSource.query<{ id: string; document_id: string }[]>(
      prepared('SELECT id, document_id FROM visible_chunks WHERE id = ANY($1::uuid[])'),
      [chunkIds],
    );
    return new Map(rows.map(({ id, document_id }) => [id, document_id]));
  }

  /**
   * The chunks of the same document before and after each, at most `reach` each way, in order; a chunk that readers do
   * not see any more is not there.
   */
  async around(
    chunkIds: readonly string[],
    reach: number,
  ): Promise<ReadonlyMap<string, { before: NeighbouringChunk[]; after: NeighbouringChunk[] }>> {
    const rows = await this.dataSource.query<NeighbourRow[]>(
      prepared(
        `SELECT v.id AS of, c.ordinal < v.ordinal AS is_before, c.id, c.content, c.char_start, c.char_end
           FROM visible_chunks v
           LEFT JOIN chunks c ON c.document_id = v.document_id AND c.generation = v.generation
                             AND c.ordinal BETWEEN v.ordinal - $2 AND v.ordinal + $2 AND c.ordinal <> v.ordinal
          WHERE v.id = ANY($1::uuid[])
          ORDER BY c.ordinal`,
      ),
      [chunkIds, reach],
    );
    const around = new Map<string, { before: NeighbouringChunk[]; after: NeighbouringChunk[] }>();
    for (const row of rows) {
      const { id: chunkId, content, char_start: charStart, char_end: charEnd } = row;
      const neighbours = around.get(row.of) ?? { before: [], after: [] };
      around.set(row.of, neighbours);
      if (chunkId === null) continue;
      neighbours[row.is_before ? 'before' : 'after'].push({ chunkId, content, charStart, charEnd });
    }
    return around;
  }
}

function toPassage(row: PassageRow): Passage {
  return {
    chunkId: row.id,
    documentId: row.document_id,
    content: row.content,
    charStart: row.char_start,
    charEnd: row.char_end,
    place: Place.parse(row.place),
    filename: row.filename,
    format: row.format,
    language: row.language ?? 'simple',
    metadata: row.metadata,
  };
}
