/** A file that is broken on purpose, or a small one that stands for very much. */
export interface HostileFile {
  readonly name: string;
  readonly format: string;
  readonly bytes: () => Buffer;
  /** The code it has to fail with, where there is only one true one. */
  readonly failure?: string;
}
