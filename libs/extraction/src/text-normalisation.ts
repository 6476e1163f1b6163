/// <reference lib="es2024.string" />

/**
 * What every extracted text has in common, so that positions mean the same everywhere: NFC, `\n` line ends, no NUL
 * (PostgreSQL refuses it), no lone surrogates (they cannot be written as UTF-8).
 */
export function normaliseText(text: string): string {
  // NULs go first: one between the halves of `\r\n` or of a surrogate pair would hide them from the later steps.
  const withoutNul = text.includes('\0') ? text.replaceAll('\0', '') : text;
  const wellFormed = withoutNul.toWellFormed();
  const withLineFeeds = wellFormed.includes('\r') ? wellFormed.replace(/\r\n?/g, '\n') : wellFormed;
  return withLineFeeds.normalize('NFC');
}

/** True for what `String.prototype.trim` removes: the white space that may lie between blocks. */
export function isWhiteSpace(codeUnit: number): boolean {
  if (codeUnit <= 0x20) return codeUnit === 0x20 || (codeUnit >= 0x09 && codeUnit <= 0x0d);
  if (codeUnit < 0xa0) return false;
  return (
    codeUnit === 0xa0 ||
    codeUnit === 0x1680 ||
    (codeUnit >= 0x2000 && codeUnit <= 0x200a) ||
    codeUnit === 0x2028 ||
    codeUnit === 0x2029 ||
    codeUnit === 0x202f ||
    codeUnit === 0x205f ||
    codeUnit === 0x3000 ||
    codeUnit === 0xfeff
  );
}

/** Cuts a text to at most `maxCodeUnits` and never through a surrogate pair. */
export function cutText(text: string, maxCodeUnits: number): string {
  if (text.length <= maxCodeUnits) return text;
  const last = text.charCodeAt(maxCodeUnits - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxCodeUnits - 1 : maxCodeUnits);
}
