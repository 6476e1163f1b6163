import type { ProblemCode } from '@vectorlane/errors';

/** A URI that names the kind of problem; it is a name, not an address to fetch. */
export function problemType(code: ProblemCode): string {
  return `urn:vectorlane:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}
