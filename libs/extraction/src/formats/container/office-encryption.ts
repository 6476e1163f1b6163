import { createDecipheriv, createHash, type Hash } from 'node:crypto';
import type { XmlAttributes, XmlVisitor } from './xml-reader';
import { visitXml } from './xml-reader';
import type { StreamByName } from './compound-file';

/**
 * Encrypted Office files, by [MS-OFFCRYPTO]. A workbook whose structure alone is protected is encrypted with a password
 * that everybody knows; programs open it without asking for one.
 */
export const DEFAULT_PASSWORD = 'VelvetSweatshop';

/** More turns than any program writes: guessing is made slow by them, and so would reading be. */
const MAX_TURNS = 1_000_000;
const HASHES: ReadonlySet<string> = new Set(['md5', 'sha1', 'sha256', 'sha384', 'sha512']);
const SEGMENT_BYTES = 4_096;
const SIZE_BYTES = 8;

/**
 * The package in an encrypted file.
 * @returns nothing where the password is another one, or the encryption of a kind that is not known
 * @throws Error that says what is broken
 */
export async function decryptPackage(stream: StreamByName, password: string): Promise<Buffer | undefined> {
  const [info, encrypted] = [stream('EncryptionInfo'), stream('EncryptedPackage')];
  if (info === undefined || encrypted === undefined || encrypted.length < SIZE_BYTES) return undefined;
  const kind = info.readUInt16LE(2);
  const open = kind === 4 ? await agileKey(info.subarray(8), password) : standardKey(info, password);
  const size = Number(encrypted.readBigUInt64LE(0));
  return open?.(encrypted.subarray(SIZE_BYTES)).subarray(0, size);
}

type Decrypt = (bytes: Buffer) => Buffer;

/** What tells how a file is encrypted, of RC4 in XLS and of AES alike ([MS-OFFCRYPTO] 2.3.2, 2.3.3). */
export interface EncryptionHeader {
  readonly keyBytes: number;
  readonly salt: Buffer;
  readonly verifier: Buffer;
  readonly verifierHash: Buffer;
}

/** @param info behind the version */
export function readEncryptionHeader(info: Buffer): EncryptionHeader {
  const behind = 8 + info.readUInt32LE(4);
  const saltEnd = behind + 4 + info.readUInt32LE(behind);
  return {
    // Not told is 40 bits.
    keyBytes: (info.readUInt32LE(8 + 16) || 40) / 8,
    salt: info.subarray(behind + 4, saltEnd),
    verifier: info.subarray(saltEnd, saltEnd + 16),
    verifierHash: info.subarray(saltEnd + 20),
  };
}

const AES = 0x660e;
const STANDARD_TURNS = 50_000;

/** AES in single blocks, a key by SHA-1. */
function standardKey(info: Buffer, password: string): Decrypt | undefined {
  const body = info.subarray(4);
  const { keyBytes, salt, verifier, verifierHash } = readEncryptionHeader(body);
  const algorithm = body.readUInt32LE(8 + 8);
  if ((algorithm !== 0 && algorithm >> 8 !== AES >> 8) || ![16, 24, 32].includes(keyBytes)) return undefined;
  const stretched = stretch('sha1', salt, password, STANDARD_TURNS);
  const last = digest('sha1', stretched, uint32(0));
  const half = (fill: number): Buffer => {
    const block = Buffer.alloc(64, fill);
    last.forEach((byte, at) => (block[at] = byte ^ fill));
    return digest('sha1', block);
  };
  const key = Buffer.concat([half(0x36), half(0x5c)]).subarray(0, keyBytes);
  const open: Decrypt = (bytes) => decipher(`aes-${keyBytes * 8}-ecb`, key, null, bytes);
  const isRight = digest('sha1', open(verifier)).equals(open(verifierHash).subarray(0, 20));
  return isRight ? open : undefined;
}

interface Cipher {
  readonly hash: string;
  readonly keyBytes: number;
  readonly blockBytes: number;
  readonly salt: Buffer;
}

interface KeyByPassword extends Cipher {
  readonly turns: number;
  readonly verifier: Buffer;
  readonly verifierHash: Buffer;
  readonly key: Buffer;
}

/** What each of the values that are encrypted with the password adds to it ([MS-OFFCRYPTO] 2.3.4.11). */
const OF_VERIFIER = Buffer.from('fea7d2763b4b9e79', 'hex');
const OF_VERIFIER_HASH = Buffer.from('d7aa0f6d3061344e', 'hex');
const OF_KEY = Buffer.from('146e0be7abacd0d6', 'hex');

/** AES in chained blocks, with a random key that the password opens. */
async function agileKey(xml: Buffer, password: string): Promise<Decrypt | undefined> {
  const { data, byPassword } = await readDescriptor(xml);
  if (data === undefined || byPassword === undefined || byPassword.turns > MAX_TURNS) return undefined;
  const { hash, keyBytes, blockBytes, salt, turns } = byPassword;
  const stretched = stretch(hash, salt, password, turns);
  const opened = (value: Buffer, block: Buffer): Buffer => {
    const key = fitted(digest(hash, stretched, block), keyBytes);
    return decipher(`aes-${keyBytes * 8}-cbc`, key, fitted(salt, blockBytes), value);
  };
  const wanted = digest(hash, opened(byPassword.verifier, OF_VERIFIER).subarray(0, salt.length));
  if (!opened(byPassword.verifierHash, OF_VERIFIER_HASH).subarray(0, wanted.length).equals(wanted)) return undefined;
  const key = opened(byPassword.key, OF_KEY).subarray(0, data.keyBytes);
  return (bytes) => {
    const segments: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += SEGMENT_BYTES) {
      const start = fitted(digest(data.hash, data.salt, uint32(segments.length)), data.blockBytes);
      segments.push(decipher(`aes-${data.keyBytes * 8}-cbc`, key, start, bytes.subarray(at, at + SEGMENT_BYTES)));
    }
    return Buffer.concat(segments);
  };
}

async function readDescriptor(xml: Buffer): Promise<{ data?: Cipher; byPassword?: KeyByPassword }> {
  const found: { data?: Cipher; byPassword?: KeyByPassword } = {};
  const visitor: XmlVisitor = {
    open(name, attributes) {
      const local = name.split(':').at(-1);
      const cipher = local === 'keyData' || local === 'encryptedKey' ? cipherOf(attributes) : undefined;
      if (cipher === undefined) return;
      const value = (of: string): Buffer => Buffer.from(attributes.get(of) ?? '', 'base64');
      if (local === 'keyData') found.data ??= cipher;
      else {
        found.byPassword ??= {
          ...cipher,
          turns: Number(attributes.get('spinCount')),
          verifier: value('encryptedVerifierHashInput'),
          verifierHash: value('encryptedVerifierHashValue'),
          key: value('encryptedKeyValue'),
        };
      }
    },
    close: () => undefined,
    text: () => undefined,
  };
  await visitXml(once(xml), 'EncryptionInfo', visitor);
  return found;
}

/** @returns nothing for what is not AES in chained blocks */
function cipherOf(attributes: XmlAttributes): Cipher | undefined {
  const hash = (attributes.get('hashAlgorithm') ?? '').toLowerCase().replace('-', '');
  const keyBytes = Number(attributes.get('keyBits')) / 8;
  const isKnown =
    attributes.get('cipherAlgorithm') === 'AES' &&
    attributes.get('cipherChaining') === 'ChainingModeCBC' &&
    attributes.get('blockSize') === '16' &&
    HASHES.has(hash) &&
    [16, 24, 32].includes(keyBytes);
  const salt = Buffer.from(attributes.get('saltValue') ?? '', 'base64');
  return isKnown ? { hash, keyBytes, blockBytes: 16, salt } : undefined;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}

/** The password, hashed many times over. */
function stretch(hash: string, salt: Buffer, password: string, turns: number): Buffer {
  let value = digest(hash, salt, Buffer.from(password, 'utf16le'));
  for (let turn = 0; turn < turns; turn += 1) value = digest(hash, uint32(turn), value);
  return value;
}

export function digest(hash: string, ...parts: readonly Uint8Array[]): Buffer {
  return parts.reduce<Hash>((sum, part) => sum.update(part), createHash(hash)).digest();
}

/** Blocks that are cut off at the end of a file are left out. */
function decipher(algorithm: string, key: Buffer, start: Buffer | null, bytes: Buffer): Buffer {
  const cipher = createDecipheriv(algorithm, key, start).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes.subarray(0, bytes.length - (bytes.length % 16))), cipher.final()]);
}

/** As long as it has to be. */
function fitted(value: Buffer, length: number): Buffer {
  return Buffer.concat([value, Buffer.alloc(Math.max(0, length - value.length), 0x36)]).subarray(0, length);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
