import { hash, randomBytes, randomInt } from 'node:crypto';

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 12;
const KEY = /^vl_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

export interface ParsedApiKey {
  /** Public, 12 characters: finds the row. */
  readonly id: string;
  /** SHA-256 of the secret part. 256 random bits need no slow hash: there is nothing to guess. */
  readonly secretSha256: Buffer;
}

/** `vl_<id>_<secret>`: 12 public characters, then 256 random bits in base64url. */
export function generateApiKey(): string {
  const id = Array.from({ length: ID_LENGTH }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join('');
  return `vl_${id}_${randomBytes(32).toString('base64url')}`;
}

/** The parts of a presented key, or nothing when it cannot be one of ours. */
export function parseApiKey(presented: string): ParsedApiKey | undefined {
  const match = KEY.exec(presented);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { id: match[1], secretSha256: hash('sha256', match[2], 'buffer') };
}
