import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { Problem } from '@vectorlane/errors';
import { ShutdownSequence } from '@vectorlane/shutdown';

/** A whole upload on disk, hashed on its way. Whoever asked for it discards it. */
export interface SpooledFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Buffer;
  /** Its first bytes, for deciding the format. */
  readonly head: Buffer;
  discard(): Promise<void>;
}

const HEAD_BYTES = 64 * 1024;
const PREFIX = 'vectorlane-spool-';

/**
 * The bounded temporary folder that uploads stream into: at most `MAX_CONCURRENT_UPLOADS` files of at most
 * `MAX_UPLOAD_BYTES`. A broken connection leaves nothing in the database, and nobody's memory holds a whole file.
 */
@Injectable()
export class Spool implements OnModuleInit {
  private folder = '';
  private open = 0;

  constructor(
    private readonly config: Config,
    private readonly shutdown: ShutdownSequence,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.config.embedded) {
      // The lock on DATA_DIR says that nobody else is here: what a crash left can go.
      this.folder = join(this.config.DATA_DIR, 'spool');
      await rm(this.folder, { recursive: true, force: true });
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
    } else {
      await this.sweepDead();
      this.folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
    }
    this.shutdown.add('producers', 'spool', () => rm(this.folder, { recursive: true, force: true }));
  }

  /**
   * Writes a stream to disk until its end.
   * @throws Problem `TOO_LARGE` as soon as the limit is passed, `UPLOADS_BUSY` when too many are under way
   */
  async write(source: AsyncIterable<Buffer>): Promise<SpooledFile> {
    if (this.open >= this.config.MAX_CONCURRENT_UPLOADS) {
      throw new Problem('UPLOADS_BUSY', 'Too many uploads are under way. Try again in a moment.', {
        retryAfterSeconds: 2,
      });
    }
    this.open += 1;
    const path = join(this.folder, randomUUID());
    const discard = async (): Promise<void> => {
      this.open -= 1;
      await rm(path, { force: true });
    };
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        return { path, discard, ...(await this.drain(source, file)) };
      } finally {
        await file.close();
      }
    } catch (error) {
      await discard();
      throw error;
    }
  }

  /** Removes the folders of processes that are gone; one whose number was given to another process is left alone. */
  private async sweepDead(): Promise<void> {
    for (const name of await readdir(tmpdir())) {
      const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : Number.NaN;
      if (Number.isInteger(pid) && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
    }
  }

  private async drain(source: AsyncIterable<Buffer>, file: FileHandle): Promise<Omit<SpooledFile, 'path' | 'discard'>> {
    const hash = createHash('sha256');
    const head = Buffer.alloc(HEAD_BYTES);
    let headLength = 0;
    let sizeBytes = 0;
    for await (const bytes of source) {
      if (headLength < HEAD_BYTES) headLength += bytes.copy(head, headLength);
      sizeBytes += bytes.length;
      if (sizeBytes > this.config.MAX_UPLOAD_BYTES) throw tooLarge(this.config.MAX_UPLOAD_BYTES);
      hash.update(bytes);
      await file.write(bytes);
    }
    return { sizeBytes, sha256: hash.digest(), head: head.subarray(0, headLength) };
  }
}

export function tooLarge(limit: number): Problem {
  return new Problem('TOO_LARGE', `A file may have at most ${limit} bytes.`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
