import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { z } from 'zod';
import {
  type BackupHeader,
  type BackupSection,
  type BackupTrailer,
  DamagedBackupError,
  DIGEST_BYTES,
  FRAME,
  FRAME_HEADER_BYTES,
  headerSchema,
  MAGIC,
  MAGIC_NAME,
  MAX_BLOCK_BYTES,
  MAX_PAYLOAD_BYTES,
  sectionEndSchema,
  trailerSchema,
} from './backup-format';
import { countRows } from './row-codec';

const decompress = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

/** One block of rows, checked for its shape; its section's checksum comes at the section's end. */
export interface RowBlock {
  readonly section: BackupSection;
  readonly rows: Buffer;
  readonly count: number;
}

/**
 * Reads a backup from beginning to end, any number of times, and checks everything on the way: order, counts, the
 * checksum of each section and that of the whole. Only a pass that has reached its end says that the file is good.
 */
export class BackupReader {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    readonly fileBytes: number,
  ) {}

  /** @throws DamagedBackupError when it is no regular file */
  static async open(path: string): Promise<BackupReader> {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new DamagedBackupError(path, code === 'ENOENT' ? 'there is no such file.' : `${message}.`, {
        cause: error,
      });
    }
    const stats = await file.stat();
    if (!stats.isFile()) {
      await file.close();
      throw new DamagedBackupError(path, 'it is not a regular file.');
    }
    return new BackupReader(path, file, stats.size);
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** The header alone, unchecked but for its shape. */
  async header(): Promise<BackupHeader> {
    const pass = new Pass(this.path, this.file, this.fileBytes);
    await pass.begin();
    return pass.header();
  }

  /**
   * All blocks in order.
   * @returns the trailer, when everything was as it was written
   * @throws DamagedBackupError
   */
  async *blocks(): AsyncGenerator<RowBlock, BackupTrailer> {
    const pass = new Pass(this.path, this.file, this.fileBytes);
    await pass.begin();
    const header = await pass.header();
    let bytes = 0;
    for (const section of header.sections) {
      const hash = createHash('sha256');
      let count = 0;
      let sectionBytes = 0;
      for (;;) {
        const frame = await pass.frame(FRAME.block, FRAME.sectionEnd);
        if (frame.type === FRAME.sectionEnd) {
          const end = pass.json(sectionEndSchema, frame.payload);
          const isSame = end.name === section.name && end.rows === count && end.bytes === sectionBytes;
          if (!isSame || section.rows !== count || end.sha256 !== hash.digest('hex')) {
            throw pass.damage(`the checksum of its section "${section.name}" does not match.`);
          }
          break;
        }
        const rows = await pass.inflate(frame.payload);
        hash.update(rows);
        sectionBytes += rows.length;
        const inBlock = pass.count(rows, section);
        count += inBlock;
        yield { section, rows, count: inBlock };
      }
      bytes += sectionBytes;
    }
    const trailer = pass.json(trailerSchema, (await pass.frame(FRAME.trailer)).payload);
    if (trailer.bytes !== bytes) throw pass.damage('its trailer does not fit its contents.');
    await pass.end();
    return trailer;
  }
}

/** One way through the file. */
class Pass {
  private readonly hash = createHash('sha256');
  private at = 0;

  constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly fileBytes: number,
  ) {}

  damage(reason: string, cause?: unknown): DamagedBackupError {
    return new DamagedBackupError(this.path, `${reason} It is damaged or was altered.`, { cause });
  }

  async begin(): Promise<void> {
    if (this.fileBytes < MAGIC.length + DIGEST_BYTES) throw new DamagedBackupError(this.path, 'it is no backup.');
    const magic = await this.take(MAGIC.length);
    if (magic.equals(MAGIC)) return;
    const isNewer = magic.toString('latin1').startsWith(MAGIC_NAME);
    throw new DamagedBackupError(
      this.path,
      isNewer ? 'a newer version of Vectorlane wrote it; restore it with that one.' : 'it is no backup.',
    );
  }

  async header(): Promise<BackupHeader> {
    return this.json(headerSchema, (await this.frame(FRAME.header)).payload);
  }

  async frame(...expected: readonly number[]): Promise<{ type: number; payload: Buffer }> {
    const header = await this.take(FRAME_HEADER_BYTES);
    const type = header.readUInt8(0);
    const length = header.readUInt32BE(1);
    if (!expected.includes(type)) throw this.damage('its parts are not in order.');
    if (length > (MAX_PAYLOAD_BYTES.get(type) ?? 0)) throw this.damage('one of its parts is too large.');
    return { type, payload: await this.take(length) };
  }

  json<T>(schema: z.ZodType<T>, payload: Buffer): T {
    try {
      return schema.parse(JSON.parse(payload.toString('utf8')));
    } catch (error) {
      throw this.damage('its description cannot be read.', error);
    }
  }

  async inflate(payload: Buffer): Promise<Buffer> {
    const length = payload.length < 4 ? 0 : payload.readUInt32BE(0);
    if (length === 0 || length > MAX_BLOCK_BYTES) throw this.damage('one of its blocks has no possible size.');
    let rows: Buffer;
    try {
      rows = await decompress(payload.subarray(4), { maxOutputLength: length });
    } catch (error) {
      throw this.damage('one of its blocks cannot be unpacked.', error);
    }
    if (rows.length !== length) throw this.damage('one of its blocks has not the size it should have.');
    return rows;
  }

  count(rows: Buffer, section: BackupSection): number {
    try {
      return countRows(rows, section.columns.length);
    } catch (error) {
      throw this.damage(`a row of its section "${section.name}" is cut off.`, error);
    }
  }

  async end(): Promise<void> {
    const expected = this.hash.copy().digest();
    const digest = await this.read(DIGEST_BYTES);
    if (this.at !== this.fileBytes) throw this.damage('it goes on after its end.');
    if (!digest.equals(expected)) throw this.damage('its checksum does not match.');
  }

  private async take(length: number): Promise<Buffer> {
    // The digest at the end belongs to no frame: whatever claims its bytes claims too much.
    if (length > this.fileBytes - DIGEST_BYTES - this.at) throw this.damage('it ends too early.');
    const bytes = await this.read(length);
    this.hash.update(bytes);
    return bytes;
  }

  private async read(length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.file.read(bytes, done, length - done, this.at + done);
      if (bytesRead === 0) throw this.damage('it ends too early.');
      done += bytesRead;
    }
    this.at += length;
    return bytes;
  }
}
