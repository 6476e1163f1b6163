import { fraction, root, rows, scripts } from '../math/linear-math';

/**
 * MathML to one line. Elements are gathered on a flat stack and put together as they close; what has no meaning of its
 * own is a row of what is in it. Annotations (TeX beside the formula) say the same again and are left out.
 */

interface OpenElement {
  readonly name: string;
  readonly children: string[];
}

const LEFT_OUT = new Set(['annotation', 'annotation-xml', 'mphantom', 'maction']);
/** Deeper than any formula; below it everything is a row. */
const MAX_DEPTH = 200;
const MAX_CHILD_LENGTH = 10_000;

export class MathText {
  private readonly stack: OpenElement[] = [];
  private depthBelow = 0;
  private leftOut = 0;

  get isOpen(): boolean {
    return this.stack.length > 0;
  }

  open(name: string): void {
    if (this.leftOut > 0 || LEFT_OUT.has(name)) this.leftOut += 1;
    else if (this.stack.length >= MAX_DEPTH) this.depthBelow += 1;
    else this.stack.push({ name, children: [] });
  }

  text(text: string): void {
    const trimmed = text.replace(/\s+/g, ' ').trim();
    if (this.leftOut === 0 && trimmed !== '') this.stack.at(-1)?.children.push(trimmed);
  }

  /** @returns the formula, when this is the end of all of it */
  close(): string | undefined {
    if (this.leftOut > 0) {
      this.leftOut -= 1;
      return undefined;
    }
    if (this.depthBelow > 0) {
      this.depthBelow -= 1;
      return undefined;
    }
    const closed = this.stack.pop();
    if (closed === undefined) return undefined;
    const text = compose(closed.name, closed.children);
    const parent = this.stack.at(-1);
    if (parent === undefined) return text;
    parent.children.push(parent.name === 'mtable' || parent.name === 'mtr' ? text : text.slice(0, MAX_CHILD_LENGTH));
    return undefined;
  }
}

function compose(name: string, children: readonly string[]): string {
  const [first = '', second = '', third = ''] = children;
  switch (name) {
    case 'mfrac':
      return fraction(first, second);
    case 'msqrt':
      return root(children.join(''), '');
    case 'mroot':
      return root(first, second);
    case 'msup':
    case 'mover':
      return scripts(first, '', second);
    case 'msub':
    case 'munder':
      return scripts(first, second, '');
    case 'msubsup':
    case 'munderover':
      return scripts(first, second, third);
    case 'mfenced':
      return `(${children.join(', ')})`;
    case 'mtd':
      return children.join('');
    case 'mtr':
    case 'mlabeledtr':
      return children.join(', ');
    case 'mtable':
      return rows(children.map((row) => [row]));
    case 'mtext':
      return ` ${children.join(' ')} `;
    default:
      return children.join('');
  }
}
