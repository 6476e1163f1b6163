import { fraction, nary, root, rows, scripts } from '../math/linear-math';
import type { XmlAttributes } from '../container/xml-reader';

/** An equation (OMML) as one line, put together as its elements close. State is a flat stack, never recursion. */

interface Frame {
  readonly name: string;
  readonly properties: Map<string, string>;
  /** Contents by their role: numerator, base, limits. */
  readonly parts: { readonly name: string; readonly text: string }[];
  readonly text: string[];
}

const OBJECTS = new Set([
  'm:oMath', 'm:f', 'm:sSup', 'm:sSub', 'm:sSubSup', 'm:sPre', 'm:rad', 'm:nary', 'm:d', 'm:func', 'm:limLow', 'm:limUpp',
  'm:acc', 'm:bar', 'm:box', 'm:borderBox', 'm:groupChr', 'm:m', 'm:eqArr',
]); // prettier-ignore
const PARTS = new Set(['m:num', 'm:den', 'm:e', 'm:sup', 'm:sub', 'm:deg', 'm:lim', 'm:fName', 'm:mr']);
const PROPERTIES = new Set(['m:chr', 'm:begChr', 'm:endChr', 'm:sepChr']);
const MAX_DEPTH = 300;

export class DocxMath {
  private readonly stack: Frame[] = [];
  /** Frames that are too deep to be told apart: their text goes to the deepest one kept. */
  private below = 0;

  get isOpen(): boolean {
    return this.stack.length > 0;
  }

  open(name: string, attributes: XmlAttributes): void {
    if (PROPERTIES.has(name)) this.stack.at(-1)?.properties.set(name, attributes.get('m:val') ?? '');
    if (!OBJECTS.has(name) && !PARTS.has(name)) return;
    if (this.stack.length >= MAX_DEPTH) this.below += 1;
    else this.stack.push({ name, properties: new Map(), parts: [], text: [] });
  }

  text(text: string): void {
    this.stack.at(-1)?.text.push(text);
  }

  /** @returns the equation, when all of it has ended */
  close(name: string): string | undefined {
    if (!OBJECTS.has(name) && !PARTS.has(name)) return undefined;
    if (this.below > 0) {
      this.below -= 1;
      return undefined;
    }
    const closed = this.stack.pop();
    if (closed === undefined) return undefined;
    const text = compose(closed);
    const parent = this.stack.at(-1);
    if (parent === undefined) return text;
    if (PARTS.has(closed.name)) parent.parts.push({ name: closed.name, text });
    else parent.text.push(text);
    return undefined;
  }
}

/** Text that belongs to no part stands behind; there is none in an equation that is sound. */
function compose(frame: Frame): string {
  const own = frame.text.join('');
  return frame.name === 'm:oMath' || PARTS.has(frame.name) ? own + joined(frame) : joined(frame) + own;
}

function joined(frame: Frame): string {
  const { name, parts, properties } = frame;
  const part = (wanted: string): string => parts.find((one) => one.name === wanted)?.text ?? '';
  const base = part('m:e');
  switch (name) {
    case 'm:f':
      return fraction(part('m:num'), part('m:den'));
    case 'm:sSup':
    case 'm:sSub':
    case 'm:sSubSup':
      return scripts(base, part('m:sub'), part('m:sup'));
    case 'm:sPre':
      return `${scripts('', part('m:sub'), part('m:sup'))} ${base}`;
    case 'm:rad':
      return root(base, part('m:deg'));
    case 'm:nary':
      return nary(properties.get('m:chr') || '∫', part('m:sub'), part('m:sup'), base);
    case 'm:limLow':
      return scripts(base, part('m:lim'), '');
    case 'm:limUpp':
      return scripts(base, '', part('m:lim'));
    case 'm:func':
      return `${part('m:fName')} ${base}`;
    case 'm:d':
      return delimited(frame);
    case 'm:mr':
      return parts.map(({ text }) => text.trim()).join(', ');
    case 'm:m':
    case 'm:eqArr':
      return rows(parts.map(({ text }) => [text]));
    default:
      return parts.map(({ text }) => text).join('');
  }
}

function delimited({ parts, properties }: Frame): string {
  const begin = properties.get('m:begChr') ?? '(';
  const end = properties.get('m:endChr') ?? ')';
  return begin + parts.map(({ text }) => text).join(properties.get('m:sepChr') ?? '|') + end;
}
