import { Vectorlane as Client, type UploadOptions } from './client.ts';
import { fileAt, syncFolder, type SyncOptions, type SyncResult } from './folder-sync.ts';
import type { Document } from './types.ts';

export * from './index.ts';
export { fileAt, type SyncOptions, type SyncResult };

/** The same with what needs a file system. */
export class Vectorlane extends Client {
  /** A file, read while it is sent; tried again like everything that can be read again. */
  uploadFile(path: string, options: UploadOptions = {}): Promise<Document> {
    return this.upload(fileAt(path), options);
  }

  /** Brings the service up to date with a folder: sends what is new or changed, and nothing else. */
  sync(folder: string, options: SyncOptions = {}): Promise<SyncResult> {
    return syncFolder(this, folder, options);
  }
}
