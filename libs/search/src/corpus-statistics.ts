import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** How many visible chunks each text search configuration reads. */
export type ChunksByConfig = ReadonlyMap<string, number>;

/** How old the counts may be: word weights move slowly, and a search must not count documents each time. */
const FRESH_MS = 10_000;
/** Documents up to which the counts are read for every search all the same: it takes a millisecond or two. */
const SMALL = 5_000;

/**
 * What keyword search knows of the collection as a whole: which configurations are in use, and how much each reads. In
 * a large collection the first document in a new language is found by its words a few seconds after it completes.
 */
@Injectable()
export class CorpusStatistics {
  private counts: ChunksByConfig = new Map();
  private readAt = Number.NEGATIVE_INFINITY;
  private documents = -1;

  constructor(private readonly dataSource: DataSource) {}

  async chunksByConfig(): Promise<ChunksByConfig> {
    // Small collections change by the document, and somebody is watching; large ones hardly change in ten seconds.
    if (performance.now() - this.readAt < FRESH_MS && this.documents > SMALL) return this.counts;
    const rows = await this.dataSource.query<{ config: string; documents: string; chunks: string }[]>(
      `SELECT text_search_config::text AS config, count(*) AS documents, sum(chunk_count) AS chunks
         FROM documents WHERE visible_generation IS NOT NULL AND text_search_config IS NOT NULL GROUP BY 1`,
    );
    this.counts = new Map(rows.map(({ config, chunks }) => [config, Number(chunks)]));
    this.documents = rows.reduce((sum, { documents }) => sum + Number(documents), 0);
    this.readAt = performance.now();
    return this.counts;
  }
}
