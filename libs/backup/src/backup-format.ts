import { z } from 'zod';

/**
 * The file. One format for both profiles, as logical rows, so that a backup of the embedded database restores into a
 * server and back (docs/operations.md describes it for readers without this program):
 *
 *   "vectorlane backup 1\n"
 *   frame*                    type (1 byte), length of the payload (uint32, big-endian), payload
 *   SHA-256 of all before     32 bytes
 *
 * Frames: `H` the header, first; for each section of the header, in its order, any number of `B` (rows: length before
 * compression as uint32, then raw deflate) and one `E` (its end); `T` the trailer, last. H, E and T are JSON.
 *
 * A row is its values in the order of the section's columns: length (int32, -1 for NULL), then PostgreSQL's text form
 * in UTF-8; bytes as they are for `bytea`, and pgvector's binary form for `vector`.
 */
export const MAGIC = Buffer.from('vectorlane backup 1\n', 'latin1');
/** What every version of the format begins with. */
export const MAGIC_NAME = 'vectorlane backup ';
export const FRAME_HEADER_BYTES = 5;
export const DIGEST_BYTES = 32;

/** A block is closed when it has grown this large; a row is never cut, so one large row makes one large block. */
export const BLOCK_BYTES = 1024 * 1024;
/** PostgreSQL's own bound on a value. */
export const MAX_BLOCK_BYTES = 1024 * 1024 * 1024;
const MAX_JSON_BYTES = 1024 * 1024;

export const FRAME = { header: 0x48, block: 0x42, sectionEnd: 0x45, trailer: 0x54 } as const;
/** Longest payload of each frame; a reader allocates no more than that, nor more than the file has left. */
export const MAX_PAYLOAD_BYTES: ReadonlyMap<number, number> = new Map([
  [FRAME.header, MAX_JSON_BYTES],
  [FRAME.block, MAX_BLOCK_BYTES],
  [FRAME.sectionEnd, MAX_JSON_BYTES],
  [FRAME.trailer, MAX_JSON_BYTES],
]);

const count = z.number().int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().min(1).max(200);

export const headerSchema = z.object({
  /** Version of the program that wrote it. */
  product: name,
  startedAt: z.iso.datetime(),
  /** Names of the migrations the database had. */
  migrations: z.array(name).max(10_000),
  /** The current embedding space, whose vectors are in the section `vectors`; null where none was ever made. */
  space: z
    .object({
      model: z.string().max(10_000),
      weightsDigest: z.string().max(10_000),
      numberType: z.string().max(1_000),
      dimension: z.number().int().min(1).max(2_000),
      pooling: z.string().max(1_000),
    })
    .nullable(),
  sections: z
    .array(
      z.object({
        name,
        columns: z
          .array(z.object({ name, type: name }))
          .min(1)
          .max(1_600),
        rows: count,
        /** Of the values that make up most of it: for progress, not for checking. */
        approximateBytes: count,
      }),
    )
    .max(100),
});
export type BackupHeader = z.infer<typeof headerSchema>;
export type BackupSection = BackupHeader['sections'][number];

export const sectionEndSchema = z.object({ name, rows: count, bytes: count, sha256 });
export type SectionEnd = z.infer<typeof sectionEndSchema>;

export const trailerSchema = z.object({ endedAt: z.iso.datetime(), bytes: count });
export type BackupTrailer = z.infer<typeof trailerSchema>;

/** The file is not a backup, not whole, or not as it was written. Nothing was done with it. */
export class DamagedBackupError extends Error {
  override readonly name = 'DamagedBackupError';

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path} cannot be used: ${reason}`, options);
  }
}

/** The database is not in the state that this needs; the message says what to do. Nothing was changed. */
export class BackupRefusedError extends Error {
  override readonly name = 'BackupRefusedError';
}

/** Where a long run is. Bytes are those of the rows before compression. */
export interface BackupProgress {
  readonly phase: 'writing' | 'checking' | 'restoring' | 'indexing';
  readonly section: string;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly documents: number;
}

/** What a backup holds. */
export interface BackupSummary {
  readonly path: string;
  readonly fileBytes: number;
  readonly header: BackupHeader;
  readonly trailer: BackupTrailer;
}

/** @returns how many rows the section has, 0 where there is no such section */
export function rowsOf(header: BackupHeader, section: string): number {
  return header.sections.find((candidate) => candidate.name === section)?.rows ?? 0;
}

export interface BackupRun {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
}
