import { DEFAULT_PASSWORD, digest, readEncryptionHeader, uint32 } from '../container/office-encryption';
import { passwordProtected } from '../container/zip-archive';
import { BIFF, recordsFrom } from './biff-records';

/** Turns bytes, which begin at a place of the stream in a record of some length, into what they were. */
type Decrypt = (bytes: Buffer, place: number, recordBytes: number) => void;

const HEADER_BYTES = 4;
/** Records that stay as they are: they say how to begin, who is reading, and how the rest is encrypted. */
const PLAIN: ReadonlySet<number> = new Set([0x809, 0x2f, 0x194, 0x195, 0xe1, 0x196, 0x138]);
/** Of the record of a sheet the place of its first record stays, too. */
const PLACE_BYTES = 4;
/** What says that a workbook is encrypted stands among the first records. */
const FIRST_RECORDS = 8;
/** What says how, by the way that says least. */
const SHORTEST = 4;

/**
 * The records of a workbook, decrypted where they are encrypted with the password that everybody knows.
 * @param password for the specs
 * @throws IngestionFailure `PASSWORD_PROTECTED` where it is another one
 */
export function readableRecords(stream: Buffer, password = DEFAULT_PASSWORD): Buffer {
  let left = FIRST_RECORDS;
  for (const { type, data } of recordsFrom(stream, 0)) {
    if (type === BIFF.filePass) {
      const decrypt = cipherOf(data, password);
      if (decrypt === undefined) throw passwordProtected();
      return decrypted(stream, decrypt);
    }
    if ((left -= 1) === 0 || type === BIFF.endOfFile) break;
  }
  return stream;
}

function decrypted(stream: Buffer, decrypt: Decrypt): Buffer {
  const found = Buffer.from(stream);
  let isEncrypted = false;
  for (let at = 0; at + HEADER_BYTES <= found.length;) {
    const type = found.readUInt16LE(at);
    const start = at + HEADER_BYTES;
    at = start + found.readUInt16LE(at + 2);
    const from = type === BIFF.sheet ? start + PLACE_BYTES : start;
    if (isEncrypted && !PLAIN.has(type) && from < at) decrypt(found.subarray(from, at), from, at - start);
    isEncrypted ||= type === BIFF.filePass;
  }
  return found;
}

/** @returns nothing for another password, or an encryption that is not known */
function cipherOf(filePass: Buffer, password: string): Decrypt | undefined {
  if (filePass.length < SHORTEST) return undefined;
  // Excel 5 knew one way only, and told no more than its key.
  if (filePass.length === 4) return xorCipher(filePass, password);
  if (filePass.readUInt16LE(0) === 0) return xorCipher(filePass.subarray(2), password);
  const kind = filePass.readUInt16LE(4);
  if (kind === 1) return rc4Cipher(filePass.subarray(6), password);
  return kind === 2 ? cryptoApiCipher(filePass.subarray(6), password) : undefined;
}

/** What stands behind a password that is shorter than it has to be. */
const PADDING = Buffer.from('bbffffbaffffb98000be0f00bf0f00', 'hex');
const XOR_BYTES = 16;

/** [MS-OFFCRYPTO] 2.3.7: each byte with one of sixteen, which one its place decides. */
function xorCipher(data: Buffer, password: string): Decrypt | undefined {
  const letters = Buffer.from(password, 'latin1').subarray(0, XOR_BYTES - 1);
  const key = data.readUInt16LE(0);
  if (data.readUInt16LE(2) !== xorVerifier(letters)) return undefined;
  const masks = Buffer.concat([letters, PADDING])
    .subarray(0, XOR_BYTES)
    .map((byte, index) => rotated(byte ^ (index % 2 === 0 ? key & 0xff : key >> 8), 1));
  return (bytes, place, recordBytes) => {
    for (let at = 0; at < bytes.length; at += 1) {
      const mask = masks[(place + recordBytes + at) % XOR_BYTES] ?? 0;
      bytes[at] = rotated((bytes[at] ?? 0) ^ mask, 5);
    }
  };
}

function xorVerifier(letters: Buffer): number {
  let verifier = 0;
  for (const byte of [letters.length, ...letters].toReversed()) {
    verifier = (((verifier << 1) & 0x7fff) | ((verifier >> 14) & 1)) ^ byte;
  }
  return verifier ^ 0xce4b;
}

function rotated(byte: number, by: number): number {
  return ((byte >> by) | (byte << (8 - by))) & 0xff;
}

/** Each block of the stream has a key of its own. */
const BLOCK_BYTES = 1_024;

/** [MS-OFFCRYPTO] 2.3.6: RC4 with 40 bits of MD5. */
function rc4Cipher(data: Buffer, password: string): Decrypt | undefined {
  const [salt, verifier, hash] = [data.subarray(0, 16), data.subarray(16, 32), data.subarray(32, 48)];
  const start = digest('md5', Buffer.from(password, 'utf16le')).subarray(0, 5);
  const stretched = digest('md5', ...Array.from({ length: 16 }, () => [start, salt]).flat()).subarray(0, 5);
  return verified((block) => digest('md5', stretched, uint32(block)), verifier, hash, 'md5');
}

/** [MS-OFFCRYPTO] 2.3.5: RC4 with up to 128 bits of SHA-1. */
function cryptoApiCipher(data: Buffer, password: string): Decrypt | undefined {
  const { keyBytes, salt, verifier, verifierHash } = readEncryptionHeader(data);
  const start = digest('sha1', salt, Buffer.from(password, 'utf16le'));
  const keyOf = (block: number): Buffer => {
    const key = digest('sha1', start, uint32(block)).subarray(0, keyBytes);
    return keyBytes === 5 ? Buffer.concat([key, Buffer.alloc(11)]) : key;
  };
  return verified(keyOf, verifier, verifierHash.subarray(0, 20), 'sha1');
}

function verified(
  keyOf: (block: number) => Buffer,
  verifier: Buffer,
  hash: Buffer,
  algorithm: string,
): Decrypt | undefined {
  const opened = Buffer.concat([verifier, hash]);
  const mask = rc4Stream(keyOf(0), opened.length);
  for (let at = 0; at < opened.length; at += 1) opened[at] = (opened[at] ?? 0) ^ (mask[at] ?? 0);
  const isRight = digest(algorithm, opened.subarray(0, verifier.length)).equals(opened.subarray(verifier.length));
  return isRight ? rc4Decrypt(keyOf) : undefined;
}

function rc4Decrypt(keyOf: (block: number) => Buffer): Decrypt {
  let block = -1;
  let masks: Uint8Array = new Uint8Array(0);
  return (bytes, place) => {
    for (let at = 0; at < bytes.length; at += 1) {
      const wanted = Math.floor((place + at) / BLOCK_BYTES);
      if (wanted !== block) {
        block = wanted;
        masks = rc4Stream(keyOf(block), BLOCK_BYTES);
      }
      bytes[at] = (bytes[at] ?? 0) ^ (masks[(place + at) % BLOCK_BYTES] ?? 0);
    }
  };
}

/** RC4 itself, which OpenSSL offers no more. */
function rc4Stream(key: Buffer, length: number): Uint8Array {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  const swap = (one: number, other: number): void => {
    const kept = state[one] ?? 0;
    state[one] = state[other] ?? 0;
    state[other] = kept;
  };
  for (let at = 0, other = 0; at < 256; at += 1) {
    other = (other + (state[at] ?? 0) + (key[at % key.length] ?? 0)) & 0xff;
    swap(at, other);
  }
  const stream = new Uint8Array(length);
  for (let at = 0, one = 0, other = 0; at < length; at += 1) {
    one = (one + 1) & 0xff;
    other = (other + (state[one] ?? 0)) & 0xff;
    swap(one, other);
    stream[at] = state[((state[one] ?? 0) + (state[other] ?? 0)) & 0xff] ?? 0;
  }
  return stream;
}
