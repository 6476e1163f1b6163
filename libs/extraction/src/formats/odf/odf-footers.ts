import type { XmlAttributes } from '../container/xml-reader';

/** What can stand at the foot of a slide, and the attributes that say which one it is and whether it is shown. */
const KINDS = [
  ['presentation:date-time-decl', 'presentation:use-date-time-name', 'presentation:display-date-time'],
  ['presentation:footer-decl', 'presentation:use-footer-name', 'presentation:display-footer'],
] as const;

/** Footers and dates that somebody wrote: each stands once in a presentation, and its slides name it. */
export class OdfFooters {
  private readonly texts = new Map<string, string>();
  /** By the styles of slides: what is not shown. */
  private readonly hidden = new Map<string, ReadonlySet<string>>();
  private style = '';
  private declared: string | undefined;

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'style:style') this.style = attributes.get('style:name') ?? '';
    else if (name === 'style:drawing-page-properties') {
      const hidden = KINDS.filter(([, , display]) => attributes.get(display) === 'false').map(([kind]) => kind);
      this.hidden.set(this.style, new Set(hidden));
    } else if (KINDS.some(([kind]) => kind === name)) {
      this.declared = `${name} ${attributes.get('presentation:name') ?? ''}`;
      this.texts.set(this.declared, '');
    }
  }

  close(): void {
    this.declared = undefined;
  }

  /** @returns whether it is one of a footer */
  text(text: string): boolean {
    if (this.declared === undefined) return false;
    this.texts.set(this.declared, `${this.texts.get(this.declared) ?? ''}${text}`);
    return true;
  }

  /** Of one slide, by the attributes of its page. */
  of(page: XmlAttributes): readonly string[] {
    const hidden = this.hidden.get(page.get('draw:style-name') ?? '');
    return KINDS.filter(([kind]) => hidden?.has(kind) !== true)
      .map(([kind, use]) => this.texts.get(`${kind} ${page.get(use) ?? ''}`)?.trim() ?? '')
      .filter((text) => text !== '');
  }
}
