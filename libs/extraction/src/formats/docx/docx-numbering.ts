import type { XmlAttributes, XmlVisitor } from '../container/xml-reader';

/** What a numbered or bulleted paragraph is to a reader. */
export type ListRole =
  | 'item'
  /** Stands under an item without a mark of its own. */
  | 'continued'
  /** Has a list's properties, but shows nothing of them. */
  | 'none';

interface Level {
  format: string;
  text: string | undefined;
}

/** Which list levels show a mark. The marks themselves are not computed: every item is served with a dash. */
export class DocxNumbering implements XmlVisitor {
  private readonly abstract = new Map<string, Level>();
  private readonly overrides = new Map<string, Level>();
  private readonly abstractOf = new Map<string, string>();
  private abstractId: string | undefined;
  private numId: string | undefined;
  private level: Level | undefined;

  open(name: string, attributes: XmlAttributes): void {
    const value = attributes.get('w:val') ?? '';
    switch (name) {
      case 'w:abstractNum':
        this.abstractId = attributes.get('w:abstractNumId') ?? '';
        break;
      case 'w:num':
        this.numId = attributes.get('w:numId') ?? '';
        break;
      case 'w:abstractNumId':
        if (this.numId !== undefined) this.abstractOf.set(this.numId, value);
        break;
      case 'w:lvl':
        this.openLevel(attributes.get('w:ilvl') ?? '0');
        break;
      case 'w:numFmt':
        if (this.level !== undefined) this.level.format = value;
        break;
      case 'w:lvlText':
        if (this.level !== undefined) this.level.text = value;
        break;
    }
  }

  close(name: string): void {
    if (name === 'w:lvl') this.level = undefined;
    else if (name === 'w:abstractNum') this.abstractId = undefined;
    else if (name === 'w:num') this.numId = undefined;
  }

  text(): void {}

  roleOf(numId: string, ilvl: number): ListRole {
    // Zero takes a paragraph out of the list that its style puts it in.
    if (numId === '0') return 'none';
    const level =
      this.overrides.get(`${numId}/${ilvl}`) ?? this.abstract.get(`${this.abstractOf.get(numId) ?? ''}/${ilvl}`);
    if (level === undefined) return 'item';
    if (level.format === 'none') return 'none';
    return level.format === 'bullet' && level.text?.trim() === '' ? 'continued' : 'item';
  }

  private openLevel(ilvl: string): void {
    this.level = { format: 'decimal', text: undefined };
    if (this.numId !== undefined) this.overrides.set(`${this.numId}/${ilvl}`, this.level);
    else if (this.abstractId !== undefined) this.abstract.set(`${this.abstractId}/${ilvl}`, this.level);
  }
}
