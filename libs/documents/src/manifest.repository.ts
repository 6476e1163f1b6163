import { Injectable } from '@nestjs/common';
import type { DocumentStatus, ManifestState } from '@vectorlane/domain';
import { DataSource } from 'typeorm';

/** A file as its owner has it. */
export interface ManifestItem {
  readonly externalId: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

export interface ManifestReading {
  readonly externalId: string;
  /** `current`: these bytes are here, or on their way; sending them again would change nothing. */
  readonly state: ManifestState;
  readonly documentId: string | null;
  /** Of the bytes, where they are here. */
  readonly status: DocumentStatus | null;
}

/** Tells an owner of many files which of them have to be sent. */
@Injectable()
export class ManifestRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** @param collection its key @returns in the order of the items */
  async compare(collection: string, items: readonly ManifestItem[]): Promise<readonly ManifestReading[]> {
    return this.dataSource.query<ManifestReading[]>(
      `SELECT i.external_id AS "externalId", d.id AS "documentId",
              CASE WHEN d.id IS NULL THEN 'missing'
                   WHEN r.sha256 = i.sha256 OR (r.id IS NULL AND d.sha256 = i.sha256) THEN 'current'
                   ELSE 'changed' END AS state,
              CASE WHEN r.sha256 = i.sha256 THEN r.status
                   WHEN r.id IS NULL AND d.sha256 = i.sha256 THEN d.status END AS status
         FROM (SELECT external_id, decode(digits, 'hex') AS sha256, place
                 FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS given (external_id, digits, place)) AS i
         LEFT JOIN documents d
           ON d.collection = $1 AND d.external_id = i.external_id AND d.revision_of IS NULL
         LEFT JOIN documents r ON r.revision_of = d.id
        ORDER BY i.place`,
      [collection, items.map(({ externalId }) => externalId), items.map(({ sha256 }) => sha256)],
    );
  }
}
