import { AsyncResource } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';
import { Problem } from '@vectorlane/errors';
import type { SpooledFile } from '@vectorlane/ingestion';
import type { Request } from 'express';
import { watchPace } from './body-pace';
import { partFilename } from './part-filename';

/** Beside the file itself: boundaries, part headers and the metadata field. */
const OVERHEAD_BYTES = 64 * 1024;
const LIMITS = {
  files: 1,
  fieldNameSize: 100,
  fieldSize: 32 * 1024,
  headerPairs: 50,
  headerSize: 16 * 1024,
};

/** The fields that may stand beside the file, and how the text of each is read: it throws what it refuses. */
export type FieldReaders = Readonly<Record<string, (value: string) => unknown>>;

export interface ReceivedUpload<Fields extends FieldReaders> {
  readonly file: SpooledFile;
  readonly filename: string;
  /** `Content-Type` of the part, parameters included. */
  readonly declaredType: string | undefined;
  readonly fields: { readonly [Name in keyof Fields]?: ReturnType<Fields[Name]> };
}

/**
 * Reads one `multipart/form-data` body: exactly one `file`, at most one of each field. The file streams through
 * `receive` and is never in memory as a whole. Whatever goes wrong, nothing is left on disk and nothing more is read.
 * @throws Problem `INVALID_MULTIPART`, `INVALID_REQUEST`, `TOO_LARGE`, and what `receive` throws
 */
export async function receiveMultipart<Fields extends FieldReaders>(
  request: Request,
  receive: (bytes: AsyncIterable<Buffer>) => Promise<SpooledFile>,
  maxFileBytes: number,
  fields: Fields,
): Promise<ReceivedUpload<Fields>> {
  // Refused by its own word before a byte of it is read.
  if (Number(request.get('content-length') ?? 0) > maxFileBytes + OVERHEAD_BYTES) {
    throw new Problem('TOO_LARGE', `A file may have at most ${maxFileBytes} bytes.`);
  }
  // Called as the bytes come, outside of what belongs to this request (its bounds on the database, its id in the log)
  // where they come after the headers: Node runs it for the connection then.
  const body = new MultipartBody(request, AsyncResource.bind(receive), fields);
  return body.read();
}

class MultipartBody<Fields extends FieldReaders> {
  private spooled: Promise<SpooledFile> | undefined;
  private filename: string | undefined;
  private declaredType: string | undefined;
  private readonly values = new Map<string, unknown>();

  constructor(
    private readonly request: Request,
    private readonly receive: (bytes: AsyncIterable<Buffer>) => Promise<SpooledFile>,
    private readonly readers: Fields,
  ) {}

  async read(): Promise<ReceivedUpload<Fields>> {
    let file: SpooledFile | undefined;
    try {
      await this.parse();
      file = await this.spooled;
      if (file === undefined) throw new Problem('INVALID_MULTIPART', 'The body has no part called "file".');
      const { filename = '', declaredType } = this;
      const fields = Object.fromEntries(this.values) as ReceivedUpload<Fields>['fields'];
      return { file, filename, declaredType, fields };
    } catch (error) {
      // A file that arrived whole beside a broken rest is thrown away here; one that broke off has seen to itself.
      if (file === undefined) await this.spooled?.then((whole) => whole.discard()).catch(() => undefined);
      throw error;
    }
  }

  private parse(): Promise<void> {
    const parser = this.createParser();
    return new Promise<void>((resolve, reject) => {
      let settled = false;
      const end = (outcome: () => void): void => {
        if (settled) return;
        settled = true;
        stopWatching();
        this.request.off('aborted', abandoned);
        this.request.unpipe(parser);
        this.request.pause();
        outcome();
      };
      const fail = (error: unknown): void =>
        end(() => {
          // Ends the file stream too, and with it the spooling.
          this.openFile?.destroy(error instanceof Error ? error : new Error(String(error)));
          parser.destroy();
          reject(error instanceof Error ? error : new Error(String(error)));
        });
      const abandoned = (): void => fail(new Problem('INVALID_MULTIPART', 'The connection broke off in the body.'));

      const part = partHeadersOf(parser);
      parser.on('file', (name, stream) => {
        stream.on('error', () => undefined); // reported through the spooling that reads it
        // The parser goes on through the bytes at hand after a refused field: nobody would end what is spooled now.
        if (settled) {
          stream.destroy();
          return;
        }
        if (name !== 'file') {
          fail(this.unknownField(name));
          return;
        }
        this.filename = partFilename(part.disposition);
        if (this.filename === undefined) {
          stream.destroy();
          fail(new Problem('INVALID_MULTIPART', 'The part "file" has no filename: send it as a file, with its name.'));
          return;
        }
        this.openFile = stream;
        this.declaredType = part.contentType;
        this.spooled = this.receive(stream as AsyncIterable<Buffer>);
        this.spooled.catch(fail);
      });
      parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
        try {
          this.takeField(name, value, valueTruncated);
        } catch (error) {
          fail(error);
        }
      });
      for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
        parser.on(limit, () =>
          fail(new Problem('INVALID_MULTIPART', 'Send one "file" part and at most one of each field.')),
        );
      }
      parser.on('error', (error: unknown) => fail(invalid(error)));
      parser.on('finish', () => end(resolve));
      this.request.on('aborted', abandoned);
      this.request.on('error', abandoned);
      const stopWatching = watchPace(this.request, fail);
      this.request.pipe(parser);
    });
  }

  private openFile: BusboyFileStream | undefined;

  private createParser(): InstanceType<typeof Busboy> {
    try {
      return new Busboy({
        headers: this.request.headers as BusboyHeaders,
        // One more than may be used, so that a further part is told apart from the last allowed one.
        limits: { ...LIMITS, fields: this.names.length + 1, parts: this.names.length + 3 },
        // Browsers give a filename to whatever is a Blob, metadata as JSON among them.
        isPartAFile: (name, _type, filename) => name === 'file' || (!this.isField(name) && filename !== undefined),
      });
    } catch (error) {
      throw invalid(error);
    }
  }

  private takeField(name: string, value: string, truncated: boolean): void {
    const read = this.isField(name) ? this.readers[name] : undefined;
    if (read === undefined) throw this.unknownField(name);
    if (this.values.has(name)) throw new Problem('INVALID_REQUEST', `${name}: given twice.`, { field: name });
    if (truncated) throw new Problem('INVALID_REQUEST', `${name}: too long.`, { field: name });
    this.values.set(name, read(value));
  }

  private get names(): string[] {
    return Object.keys(this.readers);
  }

  private isField(name: string | undefined): name is string {
    return name !== undefined && this.names.includes(name);
  }

  private unknownField(name: string | undefined): Problem {
    const [last, ...others] = this.names.map((known) => `"${known}"`).toReversed();
    const known = [others.toReversed().join(', '), last].filter(Boolean).join(' and ');
    return new Problem(
      'INVALID_REQUEST',
      `Unknown field "${(name ?? '').slice(0, 100)}": send "file" and, if you like, ${known}.`,
      { field: name },
    );
  }
}

/**
 * The headers of the part at hand as they were sent: busboy drops parameters of the type, the charset among them, and
 * `filename*`. Its own parser is listened to before it is, so that they are known when the `file` event comes.
 */
function partHeadersOf(parser: InstanceType<typeof Busboy>): {
  readonly contentType: string | undefined;
  readonly disposition: string;
} {
  const seen: { contentType: string | undefined; disposition: string } = { contentType: undefined, disposition: '' };
  const { _parser } = parser as unknown as { _parser: { parser: EventEmitter } };
  _parser.parser.prependListener('part', (part: EventEmitter) => {
    part.on('header', (header: Record<string, string[] | undefined>) => {
      seen.contentType = header['content-type']?.[0];
      seen.disposition = header['content-disposition']?.[0] ?? '';
    });
  });
  return seen;
}

function invalid(cause: unknown): Problem {
  return cause instanceof Problem
    ? cause
    : new Problem('INVALID_MULTIPART', 'The multipart body is malformed or ends too early.', { cause });
}
