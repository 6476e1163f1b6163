/**
 * Formulas as one line of text, in the way that people type them: `1/2`, `3×10^6`, `√(x+1)`, `∑_(i=1)^n i`. What both
 * OMML (Word) and MathML (the web) come down to.
 */

/** Stands as it is beside an operator: one sign, a number, or what has brackets around it already. */
function isSimple(text: string): boolean {
  return /^(?:.|\d[\d.,]*|\([^()]*\)|\[[^[\]]*\])?$/su.test(text);
}

function grouped(text: string): string {
  const trimmed = text.trim();
  return isSimple(trimmed) ? trimmed : `(${trimmed})`;
}

export function fraction(numerator: string, denominator: string): string {
  return `${grouped(numerator)}/${grouped(denominator)}`;
}

/** @param degree empty for a square root */
export function root(radicand: string, degree: string): string {
  const sign = { '': '√', '2': '√', '3': '∛', '4': '∜' }[degree.trim()];
  return sign === undefined ? `√(${degree.trim()}&${radicand.trim()})` : sign + grouped(radicand);
}

/** What stands below and above, whether as index and power or as the limits of a sum; either may be empty. */
export function scripts(base: string, below: string, above: string): string {
  const lower = below.trim() === '' ? '' : `_${grouped(below)}`;
  const upper = above.trim() === '' ? '' : `^${grouped(above)}`;
  return base + lower + upper;
}

/** The sum, integral or product sign with its limits, and what it goes over. */
export function nary(sign: string, below: string, above: string, over: string): string {
  const limits = scripts(sign, below, above);
  return limits === sign ? sign + over : `${limits} ${over.trimStart()}`;
}

export function rows(lines: readonly (readonly string[])[]): string {
  return `[${lines.map((cells) => cells.map((cell) => cell.trim()).join(', ')).join('; ')}]`;
}
