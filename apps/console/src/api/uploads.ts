import { signal } from '@preact/signals';
import { ApiError, CONSOLE_HEADER, errorOf, noteRefusal, request } from './client';
import { onChange } from './events';
import type { Document, Uploaded } from './types';

/** A file that was dropped, from its first byte until it can be found. */
export interface Upload {
  readonly key: number;
  readonly file: File;
  /** Below the folder that was dropped, where there was one. */
  readonly path: string;
  readonly collection: string;
  readonly state: 'waiting' | 'sending' | 'working' | 'done' | 'refused' | 'failed';
  /** 0 to 1: of the bytes while it is sent, of the work afterwards. */
  readonly progress: number;
  /** Once it is accepted. */
  readonly documentId?: string;
  readonly document?: Document;
  /** These bytes were here already. */
  readonly duplicate?: boolean;
  readonly problem?: string;
}

/** Sent at once; the rest waits. */
const AT_A_TIME = 3;
const MOST_TRIES = 6;

export const uploads = signal<readonly Upload[]>([]);
let lastKey = 0;

export interface DroppedFile {
  readonly file: File;
  readonly path: string;
}

export function upload(files: readonly DroppedFile[], collection: string): void {
  const added = files.map(({ file, path }): Upload => {
    lastKey += 1;
    return { key: lastKey, file, path, collection, state: 'waiting', progress: 0 };
  });
  uploads.value = [...uploads.value, ...added];
  sendNext();
}

/** Takes those that have ended off the list. */
export function clearEnded(): void {
  uploads.value = uploads.value.filter(
    ({ state }) => state === 'waiting' || state === 'sending' || state === 'working',
  );
}

export function isUnderWay({ state }: Upload): boolean {
  return state === 'waiting' || state === 'sending' || state === 'working';
}

function change(key: number, fields: Partial<Upload>): void {
  uploads.value = uploads.value.map((entry) => (entry.key === key ? { ...entry, ...fields } : entry));
}

function sendNext(): void {
  const sending = uploads.value.filter(({ state }) => state === 'sending').length;
  for (const next of uploads.value.filter(({ state }) => state === 'waiting').slice(0, AT_A_TIME - sending)) {
    change(next.key, { state: 'sending' });
    void sendOne(next).finally(sendNext);
  }
}

async function sendOne({ key, file, path, collection }: Upload): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await send(file, path, collection, (progress) => change(key, { progress }));
      change(key, { state: 'working', progress: 0, documentId: answer.id, duplicate: 'duplicate' in answer });
      await look(key, answer.id);
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const mayPass = error.status === 0 || error.status === 429 || error.status === 503;
      if (!mayPass || tries === MOST_TRIES) {
        change(key, { state: 'refused', problem: error.message });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, (error.retryAfterSeconds ?? 2 ** (tries - 1)) * 1_000));
    }
  }
}

/** Not by fetch, which does not tell how much of a body has gone out. */
function send(file: File, path: string, collection: string, progressed: (progress: number) => void): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const exchange = new XMLHttpRequest();
    exchange.open('POST', '/api/documents');
    exchange.setRequestHeader(CONSOLE_HEADER, '1');
    exchange.upload.addEventListener('progress', ({ loaded, total }) => progressed(total > 0 ? loaded / total : 0));
    exchange.addEventListener('load', () => {
      if (exchange.status < 300) {
        resolve(JSON.parse(exchange.responseText) as Uploaded);
        return;
      }
      const error = errorOf(exchange.status, exchange.responseText, (name) => exchange.getResponseHeader(name));
      noteRefusal('POST /api/documents', error);
      reject(error);
    });
    exchange.addEventListener('error', () => {
      reject(new ApiError('The connection broke off.', 0, 'UNREACHABLE', undefined, undefined));
    });
    const form = new FormData();
    form.set('collection', collection);
    // A folder dropped again brings the files up to date.
    if (path !== file.name) form.set('externalId', path);
    form.set('file', file, file.name);
    exchange.send(form);
  });
}

async function look(key: number, id: string): Promise<void> {
  try {
    const document = await request<Document>(`/api/documents/${id}`);
    const now = document.pendingRevision ?? document;
    if (now.status === 'completed') change(key, { state: 'done', progress: 1, document });
    else if (now.status === 'failed') {
      change(key, { state: 'failed', progress: 1, document, problem: now.failure?.message ?? 'It has failed.' });
    } else change(key, { state: 'working', progress: now.percent / 100, document });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) change(key, { state: 'failed', problem: 'It was deleted.' });
    // Anything else passes; the next change looks again.
    else change(key, { state: 'working' });
  }
}

/** Asked for and not yet answered. */
const looking = new Set<string>();

onChange((change) => {
  for (const entry of uploads.value) {
    const id = entry.documentId;
    if (entry.state !== 'working' || id === undefined || looking.has(id)) continue;
    if (change.kind === 'document' && change.documentId !== id) continue;
    looking.add(id);
    void look(entry.key, id).finally(() => looking.delete(id));
  }
});
