import type { OnDuplicate } from './types.ts';

type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** Bytes that can be read from the beginning again, so that an upload can be tried again. */
export interface Reopenable {
  readonly filename?: string;
  open(): ByteStream;
}

/** A stream can be sent once: an upload of one is not tried again. */
export type UploadSource = Blob | ArrayBuffer | Uint8Array | ByteStream | Reopenable;

export interface UploadFields {
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly collection?: string | undefined;
  /** Your name for the document, unique in the collection: other bytes under it are the next revision. */
  readonly externalId?: string | undefined;
  readonly onDuplicate?: OnDuplicate | undefined;
}

export interface UploadBody {
  readonly body: FormData | ReadableStream<Uint8Array>;
  /** Undefined where `fetch` finds it. */
  readonly contentType?: string;
  /** What reading the source threw. */
  sourceError(): { readonly error: unknown } | undefined;
}

export function canBeSentAgain(source: UploadSource): boolean {
  return isBytes(source) || isReopenable(source);
}

function isBytes(source: UploadSource): source is Blob | ArrayBuffer | Uint8Array {
  return source instanceof Blob || source instanceof ArrayBuffer || ArrayBuffer.isView(source);
}

/** A stream of Node.js from a file has an old `open` too. */
function isReopenable(source: UploadSource): source is Reopenable {
  return 'open' in source && !(Symbol.asyncIterator in source);
}

/** @throws TypeError where neither the source nor the caller has a name */
export function nameOf(source: UploadSource, given: string | undefined): string {
  const file = 'name' in source && typeof source.name === 'string' ? source.name : undefined;
  const own = isReopenable(source) ? source.filename : file;
  const name = given ?? own;
  if (name === undefined || name === '') throw new TypeError('An upload needs a `filename`.');
  return name;
}

/** A form of fields and one file, in this order, so that the service knows the fields when the bytes come. */
export function uploadBody(source: UploadSource, filename: string, fields: UploadFields): UploadBody {
  const texts = Object.entries(fields).flatMap(([name, value]: [string, unknown]) =>
    value === undefined ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)] as const],
  );
  if (isBytes(source)) {
    const form = new FormData();
    for (const [name, value] of texts) form.set(name, value);
    form.set('file', source instanceof Blob ? source : new Blob([source as BlobPart]), filename);
    return { body: form, sourceError: () => undefined };
  }
  // Browsers have `randomUUID` on pages of HTTPS alone.
  const random = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0'));
  const boundary = `----vectorlane-${random.join('')}`;
  const parts = texts.map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head =
    `${parts.join('')}--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${escaped(filename)}"` +
    '\r\nContent-Type: application/octet-stream\r\n\r\n';
  let failed: { readonly error: unknown } | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    yield encoder.encode(head);
    try {
      for await (const piece of iterate(isReopenable(source) ? source.open() : (source as ByteStream))) {
        if (!(piece instanceof Uint8Array)) throw new TypeError('A stream of bytes is needed, not one of text.');
        yield piece;
      }
    } catch (error) {
      failed = { error };
      throw error;
    }
    yield encoder.encode(`\r\n--${boundary}--\r\n`);
  }
  return {
    body: streamOf(bytes()),
    contentType: `multipart/form-data; boundary=${boundary}`,
    sourceError: () => failed,
  };
}

/** Streams of some browsers cannot be iterated. */
async function* iterate(stream: ByteStream): AsyncGenerator<Uint8Array> {
  if (!(stream instanceof ReadableStream)) {
    yield* stream;
    return;
  }
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

function streamOf(bytes: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const next = await bytes.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await bytes.return(undefined);
    },
  });
}

/** As the WHATWG's form encoding has it: nothing in a name ends its header. */
function escaped(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
