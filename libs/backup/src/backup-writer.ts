import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';
import {
  type BackupHeader,
  type BackupTrailer,
  FRAME,
  FRAME_HEADER_BYTES,
  MAGIC,
  type SectionEnd,
} from './backup-format';

const compress = promisify<Buffer, { level: number }, Buffer>(deflateRaw);
/** Text shrinks to a third either way; a higher level costs three times the time for a few per cent. */
const LEVEL = constants.Z_BEST_SPEED;

/**
 * Writes a backup under a temporary name beside `path`, readable by this user alone, and gives it its name when it is
 * whole and on the disk: a file of that name is a complete backup. A crash leaves the temporary file.
 */
export class BackupWriter {
  private readonly fileHash = createHash('sha256');
  private sectionHash = createHash('sha256');
  private sectionRows = 0;
  private sectionBytes = 0;
  private totalBytes = 0;
  private written = 0;

  private constructor(
    private readonly path: string,
    private readonly temporaryPath: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<BackupWriter> {
    const temporaryPath = `${path}.partial-${randomBytes(4).toString('hex')}`;
    return new BackupWriter(path, temporaryPath, await open(temporaryPath, 'wx', 0o600));
  }

  async start(header: BackupHeader): Promise<void> {
    await this.write([MAGIC]);
    await this.writeFrame(FRAME.header, [json(header)]);
  }

  /** Rows of the current section. Call it again only when it has resolved: blocks are written in order. */
  async writeBlock(rows: Buffer, count: number): Promise<void> {
    this.sectionHash.update(rows);
    this.sectionRows += count;
    this.sectionBytes += rows.length;
    this.totalBytes += rows.length;
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(rows.length);
    await this.writeFrame(FRAME.block, [length, await compress(rows, { level: LEVEL })]);
  }

  async endSection(name: string): Promise<SectionEnd> {
    const end = { name, rows: this.sectionRows, bytes: this.sectionBytes, sha256: this.sectionHash.digest('hex') };
    await this.writeFrame(FRAME.sectionEnd, [json(end)]);
    this.sectionHash = createHash('sha256');
    this.sectionRows = 0;
    this.sectionBytes = 0;
    return end;
  }

  /** @returns the size of the file, which now has its name */
  async finish(): Promise<{ trailer: BackupTrailer; fileBytes: number }> {
    const trailer = { endedAt: new Date().toISOString(), bytes: this.totalBytes };
    await this.writeFrame(FRAME.trailer, [json(trailer)]);
    const digest = this.fileHash.digest();
    await this.writeAll(digest);
    await this.file.sync();
    await this.file.close();
    await rename(this.temporaryPath, this.path);
    await syncFolder(dirname(this.path));
    return { trailer, fileBytes: this.written };
  }

  /** Leaves nothing behind. */
  async abort(): Promise<void> {
    await this.file.close();
    await rm(this.temporaryPath, { force: true });
  }

  private async writeFrame(type: number, payload: readonly Buffer[]): Promise<void> {
    const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
    header.writeUInt8(type, 0);
    header.writeUInt32BE(
      payload.reduce((sum, part) => sum + part.length, 0),
      1,
    );
    await this.write([header, ...payload]);
  }

  private async write(parts: readonly Buffer[]): Promise<void> {
    for (const part of parts) {
      this.fileHash.update(part);
      await this.writeAll(part);
    }
  }

  private async writeAll(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.file.write(bytes, done);
      done += bytesWritten;
    }
    this.written += bytes.length;
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

/** Makes the new name itself outlive a power failure. Not every system can open a folder; there the name comes late. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
