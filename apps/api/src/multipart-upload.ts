import type { EventEmitter } from 'node:events';
import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';
import type { DocumentMetadata } from '@vectorlane/documents';
import { CollectionName, type OnDuplicate } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import type { SpooledFile, Submission } from '@vectorlane/ingestion';
import type { Request } from 'express';
import type { z } from 'zod';
import { watchPace } from './body-pace';
import { externalIdSchema, metadataSchema, onDuplicateSchema } from './documents.schemas';
import { parseJson } from './json-body';
import { partFilename } from './part-filename';
import { invalidRequest } from './validation';

/** Beside the file itself: boundaries, part headers and the metadata field. */
const OVERHEAD_BYTES = 64 * 1024;
const FIELDS = ['metadata', 'collection', 'externalId', 'onDuplicate'] as const;
const SENT_BESIDE = `${FIELDS.slice(0, -1)
  .map((field) => `"${field}"`)
  .join(', ')} and "${FIELDS.at(-1)}"`;
const LIMITS = {
  files: 1,
  fields: 5,
  // One more than may be used, so that a further part is told apart from the last allowed one.
  parts: 7,
  fieldNameSize: 100,
  fieldSize: 32 * 1024,
  headerPairs: 50,
  headerSize: 16 * 1024,
};

/** What an upload says of itself; `collection` is a name here and not yet a key. */
export interface ReceivedUpload extends Omit<Submission, 'collection'> {
  readonly file: SpooledFile;
  /** Name of a collection. */
  readonly collection: string | undefined;
}

/**
 * Reads one `multipart/form-data` body: exactly one `file`, at most one of each field. The file streams through
 * `receive` and is never in memory as a whole. Whatever goes wrong, nothing is left on disk and nothing more is read.
 * @throws Problem `INVALID_MULTIPART`, `INVALID_REQUEST`, `TOO_LARGE`, and what `receive` throws
 */
export async function receiveMultipart(
  request: Request,
  receive: (bytes: AsyncIterable<Buffer>) => Promise<SpooledFile>,
  maxFileBytes: number,
): Promise<ReceivedUpload> {
  // Refused by its own word before a byte of it is read.
  if (Number(request.get('content-length') ?? 0) > maxFileBytes + OVERHEAD_BYTES) {
    throw new Problem('TOO_LARGE', `A file may have at most ${maxFileBytes} bytes.`);
  }
  const body = new MultipartBody(request, receive);
  return body.read();
}

class MultipartBody {
  private spooled: Promise<SpooledFile> | undefined;
  private filename: string | undefined;
  private declaredType: string | undefined;
  private metadata: DocumentMetadata | undefined;
  private collection: string | undefined;
  private externalId: string | undefined;
  private onDuplicate: OnDuplicate | undefined;

  constructor(
    private readonly request: Request,
    private readonly receive: (bytes: AsyncIterable<Buffer>) => Promise<SpooledFile>,
  ) {}

  async read(): Promise<ReceivedUpload> {
    let file: SpooledFile | undefined;
    try {
      await this.parse();
      file = await this.spooled;
      if (file === undefined) throw new Problem('INVALID_MULTIPART', 'The body has no part called "file".');
      const { filename, declaredType, metadata, collection, externalId, onDuplicate } = this;
      return { file, filename, declaredType, metadata, collection, externalId, onDuplicate };
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
          fail(unknownField(name));
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
        limits: LIMITS,
        // Browsers give a filename to whatever is a Blob, metadata as JSON among them.
        isPartAFile: (name, _type, filename) => name === 'file' || (!isField(name) && filename !== undefined),
      });
    } catch (error) {
      throw invalid(error);
    }
  }

  private takeField(name: string, value: string, truncated: boolean): void {
    if (!isField(name)) throw unknownField(name);
    if (this[name] !== undefined) throw new Problem('INVALID_REQUEST', `${name}: given twice.`);
    if (truncated) throw new Problem('INVALID_REQUEST', `${name}: too long.`);
    if (name === 'metadata') this.metadata = checked(metadataSchema, jsonOf(value), name);
    else if (name === 'collection') this.collection = checked(CollectionName, value, name);
    else if (name === 'onDuplicate') this.onDuplicate = checked(onDuplicateSchema, value, name);
    else this.externalId = checked(externalIdSchema, value, name);
  }
}

function isField(name: string | undefined): name is (typeof FIELDS)[number] {
  return FIELDS.some((field) => field === name);
}

function jsonOf(value: string): unknown {
  try {
    return parseJson(value);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem('INVALID_REQUEST', 'metadata: must be a JSON object.', { cause });
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, field: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw invalidRequest(result.error.issues, field);
  return result.data;
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

function unknownField(name: string | undefined): Problem {
  return new Problem(
    'INVALID_REQUEST',
    `Unknown field "${(name ?? '').slice(0, 100)}": send "file" and, if you like, ${SENT_BESIDE}.`,
  );
}

function invalid(cause: unknown): Problem {
  return cause instanceof Problem
    ? cause
    : new Problem('INVALID_MULTIPART', 'The multipart body is malformed or ends too early.', { cause });
}
