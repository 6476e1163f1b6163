import { createHash, randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { Problem } from '@vectorlane/errors';
import { Metrics } from '@vectorlane/metrics';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { UploadPlaces } from './upload-places';

/** A whole upload on disk, hashed on its way. The caller discards it. */
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
/** No upload is silent for so long: a folder of somebody whose process cannot be asked for is left over by then. */
const LEFT_AFTER_MS = 3_600_000;

/** Which processes see each other by their numbers: those of one host and, on Linux, of one namespace. */
const PROCESSES = createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8);

/**
 * The bounded temporary folder that uploads stream into: at most `MAX_CONCURRENT_UPLOADS` files of at most
 * `MAX_UPLOAD_BYTES`. A broken connection leaves nothing in the database, and nobody's memory holds a whole file.
 */
@Injectable()
export class Spool implements OnModuleInit {
  private folder = '';
  private readonly places: UploadPlaces;

  constructor(
    private readonly config: Config,
    private readonly shutdown: ShutdownSequence,
    metrics: Metrics,
  ) {
    this.places = new UploadPlaces(config.MAX_CONCURRENT_UPLOADS, (reason) => metrics.uploadsRefused.inc({ reason }));
  }

  async onModuleInit(): Promise<void> {
    if (this.config.embedded) {
      // The lock on DATA_DIR says that nobody else is here: what a crash left can go.
      this.folder = join(this.config.DATA_DIR, 'spool');
      await rm(this.folder, { recursive: true, force: true });
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
    } else {
      await this.sweepDead();
      this.folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${PROCESSES}-`));
    }
    this.shutdown.add('producers', 'spool', () => rm(this.folder, { recursive: true, force: true }));
  }

  /**
   * Writes a stream to disk until its end, as soon as there is a place for it.
   * @param owner whose upload it is
   * @throws Problem `TOO_LARGE` as soon as the limit is passed, `UPLOADS_BUSY` when too many are under way
   */
  async write(source: AsyncIterable<Buffer>, owner: string): Promise<SpooledFile> {
    const leave = await this.places.take(owner);
    const path = join(this.folder, randomUUID());
    const discard = async (): Promise<void> => {
      leave();
      await rm(path, { force: true });
    };
    try {
      const file = await this.create(path);
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

  /** A cleaner of temporary folders may have taken ours while nobody uploaded. */
  private async create(path: string): Promise<FileHandle> {
    try {
      return await open(path, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      return open(path, 'wx', 0o600);
    }
  }

  /**
   * Removes the folders of processes that are gone. A number says who is gone only among processes that see each other:
   * another container may use this temporary folder too, and everybody in it looks dead from here.
   */
  private async sweepDead(): Promise<void> {
    for (const name of await readdir(tmpdir())) {
      if (!name.startsWith(PREFIX)) continue;
      const [pid, processes] = name.slice(PREFIX.length).split('-');
      const folder = join(tmpdir(), name);
      const isLeft = processes === PROCESSES ? !isAlive(Number(pid)) : await isIdle(folder);
      if (isLeft) await rm(folder, { recursive: true, force: true });
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

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // no Linux: there is one for all
  }
}

/** Another one of our number was before us: in a container every process is number one. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isIdle(folder: string): Promise<boolean> {
  try {
    const paths = [folder, ...(await readdir(folder)).map((name) => join(folder, name))];
    const changes = await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs));
    return Math.max(...changes) < Date.now() - LEFT_AFTER_MS;
  } catch {
    return false; // something in it changes at this moment, or it is not ours to look at
  }
}
