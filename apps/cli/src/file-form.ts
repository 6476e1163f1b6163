import { randomBytes } from 'node:crypto';
import type { StreamedBody } from '@vectorlane/endpoint';
import { UnreadableFile } from './api-errors';

export interface FileForm {
  readonly contentType: string;
  readonly body: StreamedBody;
}

/**
 * A form of fields and one file, as browsers send it, whose file is read from disk while it is sent.
 * @param fields come before the file, so that a server that streams knows them when the bytes come
 * @throws UnreadableFile from the body, when the file changes or vanishes meanwhile: half of it is never sent
 */
export function fileForm(fields: Readonly<Record<string, string>>, name: string, file: Blob): FileForm {
  const boundary = `----vectorlane-${randomBytes(16).toString('hex')}`;
  const parts = Object.entries(fields).map(
    ([field, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(field)}"\r\n\r\n${value}\r\n`,
  );
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${escaped(name)}"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n';
  const before = Buffer.from(parts.join('') + head);
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: {
      sizeBytes: before.length + file.size + after.length,
      open: async function* () {
        yield before;
        yield* bytesOf(file);
        yield after;
      },
    },
  };
}

async function* bytesOf(file: Blob): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of file.stream()) yield part;
  } catch (error) {
    throw new UnreadableFile('FILE_CHANGED', 'the file changed or vanished while it was being sent', { cause: error });
  }
}

/** As the WHATWG's form encoding has it: nothing in a name ends its header. */
function escaped(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
