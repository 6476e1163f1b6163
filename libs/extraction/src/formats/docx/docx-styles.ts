import { type XmlAttributes, type XmlVisitor, isOn } from '../container/xml-reader';

/** What the style of a paragraph says of it, its ancestors' word included. */
export interface ParagraphStyle {
  /** 1 to 9 for a heading, 0 for running text. */
  readonly level: number;
  readonly numId: string | undefined;
  readonly ilvl: number | undefined;
  readonly hidden: boolean;
  readonly pageBreakBefore: boolean;
  readonly code: boolean;
}

interface OwnStyle {
  name: string;
  basedOn?: string;
  level?: number;
  numId?: string;
  ilvl?: number;
  hidden?: boolean;
  pageBreakBefore?: boolean;
}

const PLAIN: ParagraphStyle = {
  level: 0,
  numId: undefined,
  ilvl: undefined,
  hidden: false,
  pageBreakBefore: false,
  code: false,
};
/** Names that makers give to listings: Word, LibreOffice, pandoc. */
const CODE_NAMES = new Set(['html preformatted', 'preformatted text', 'source code', 'code', 'code block']);

/**
 * Styles by their ids. Ids are in the language of the maker (`berschrift1`, `Titre1`); the names of built-in styles are
 * always English, and an outline level says more than either.
 */
export class DocxStyles implements XmlVisitor {
  private readonly own = new Map<string, OwnStyle>();
  private readonly resolved = new Map<string, ParagraphStyle>();
  private current: OwnStyle | undefined;

  open(name: string, attributes: XmlAttributes): boolean | void {
    const value = attributes.get('w:val') ?? '';
    switch (name) {
      case 'w:style':
        this.current = { name: '' };
        this.own.set(attributes.get('w:styleId') ?? '', this.current);
        return;
      // What only parts of tables look like, and what styles were before a tracked change.
      case 'w:tblStylePr':
      case 'w:pPrChange':
      case 'w:rPrChange':
        return false;
    }
    const style = this.current;
    if (style === undefined) return;
    if (name === 'w:name') style.name = value.trim().toLowerCase();
    else if (name === 'w:basedOn') style.basedOn = value;
    else if (name === 'w:outlineLvl') style.level = headingLevel(value);
    else if (name === 'w:numId') style.numId = value;
    else if (name === 'w:ilvl') style.ilvl = Number(value);
    else if (name === 'w:vanish') style.hidden = isOn(attributes);
    else if (name === 'w:pageBreakBefore') style.pageBreakBefore = isOn(attributes);
  }

  close(name: string): void {
    if (name === 'w:style') this.current = undefined;
  }

  text(): void {}

  /** Works for character styles too, of which only `hidden` means something. */
  get(id: string | undefined): ParagraphStyle {
    if (id === undefined) return PLAIN;
    const chain: string[] = [];
    const seen = new Set<string>();
    let at: string | undefined = id;
    let result: ParagraphStyle | undefined;
    while (at !== undefined && result === undefined && !seen.has(at)) {
      seen.add(at);
      chain.push(at);
      result = this.resolved.get(at);
      at = this.own.get(at)?.basedOn;
    }
    result ??= PLAIN;
    // From the base to the style asked for, so that each step is known the next time.
    for (const step of chain.reverse()) {
      const own = this.own.get(step);
      result = inherit(result, own ?? { name: step.toLowerCase() });
      // Only what the file defines is kept, or made-up ids could fill the memory.
      if (own !== undefined) this.resolved.set(step, result);
    }
    return result;
  }
}

function inherit(base: ParagraphStyle, own: OwnStyle): ParagraphStyle {
  return {
    level: own.level ?? namedLevel(own.name) ?? base.level,
    numId: own.numId ?? base.numId,
    ilvl: own.ilvl ?? base.ilvl,
    hidden: own.hidden ?? base.hidden,
    pageBreakBefore: own.pageBreakBefore ?? base.pageBreakBefore,
    code: base.code || CODE_NAMES.has(own.name),
  };
}

/** @param outline 0 to 8 as the file counts; anything else is running text */
export function headingLevel(outline: string): number {
  return /^[0-8]$/.test(outline) ? Number(outline) + 1 : 0;
}

function namedLevel(name: string): number | undefined {
  if (name === 'title') return 1;
  const heading = /^heading[ _-]?([1-9])$/.exec(name);
  return heading === null ? undefined : Number(heading[1]);
}
