import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** A chunk with what an answer says of it and of its document. */
export interface Passage {
  readonly chunkId: string;
  readonly documentId: string;
  readonly content: string;
  readonly charStart: number;
  readonly charEnd: number;
  readonly heading?: string;
  readonly page?: number;
  readonly row?: number;
  readonly jsonPath?: string;
  readonly filename: string;
  readonly format: string;
  /** The uploader's own metadata of the document. */
  readonly metadata: Record<string, unknown>;
}

interface PassageRow {
  id: string;
  document_id: string;
  content: string;
  char_start: number;
  char_end: number;
  heading: string | null;
  page: number | null;
  row_number: number | null;
  json_path: string | null;
  filename: string;
  format: string;
  metadata: Record<string, unknown>;
}

/** Chunks as an answer shows them, read through the view of visible chunks. */
@Injectable()
export class PassagesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** By chunk id; a chunk whose document was deleted meanwhile is not there. */
  async read(chunkIds: readonly string[]): Promise<ReadonlyMap<string, Passage>> {
    if (chunkIds.length === 0) return new Map();
    const rows = await this.dataSource.query<PassageRow[]>(
      `SELECT id, document_id, content, char_start, char_end, heading, page, row_number, json_path, filename, format, metadata
         FROM visible_chunks WHERE id = ANY($1::uuid[])`,
      [chunkIds],
    );
    return new Map(rows.map((row) => [row.id, toPassage(row)]));
  }
}

function toPassage(row: PassageRow): Passage {
  return {
    chunkId: row.id,
    documentId: row.document_id,
    content: row.content,
    charStart: row.char_start,
    charEnd: row.char_end,
    ...(row.heading !== null && { heading: row.heading }),
    ...(row.page !== null && { page: row.page }),
    ...(row.row_number !== null && { row: row.row_number }),
    ...(row.json_path !== null && { jsonPath: row.json_path }),
    filename: row.filename,
    format: row.format,
    metadata: row.metadata,
  };
}
