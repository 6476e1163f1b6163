/**
 * Names as uploaders send them are shown, logged and used in headers: what could deceive or break any of these goes.
 */

const MAX_BYTES = 255;
/** A longer ending is part of the name, not an extension worth keeping when it is cut. */
const MAX_EXTENSION_BYTES = 32;
const FALLBACK = 'untitled';

/** Direction marks and overrides (`gpj.exe` can be made to read `exe.jpg`), zero-width space, byte order mark. */
const DECEIVING = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/**
 * NFC, without folders, control characters, direction overrides and leading dots; white space collapsed; at most
 * 255 bytes of UTF-8 with the extension kept; `untitled` when nothing is left.
 */
export function normaliseFilename(name: string): string {
  const base = name.toWellFormed().slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const clean = base
    // White space first: a tab or a line break is a control character too, and must not glue two words together.
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .replace(DECEIVING, '')
    .normalize('NFC')
    .replace(/^[\s.]+/, '')
    .replace(/ +/g, ' ')
    .trim();
  return bounded(clean) || FALLBACK;
}

/** The extension, lower case and without its dot; empty when there is none. */
export function extensionOf(filename: string): string {
  const dot = filename.lastIndexOf('.');
  return dot <= 0 ? '' : filename.slice(dot + 1).toLowerCase();
}

function bounded(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= MAX_EXTENSION_BYTES ? name.slice(dot) : '';
  let room = MAX_BYTES - Buffer.byteLength(extension);
  let stem = '';
  // By code point, so that no character is cut in half; the loop ends after 255 of them at the latest.
  for (const character of extension === '' ? name : name.slice(0, dot)) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    stem += character;
  }
  return stem.trimEnd() + extension;
}
