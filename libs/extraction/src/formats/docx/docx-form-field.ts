import { type XmlAttributes, isOn } from '../container/xml-reader';

/** A mark of a field (`w:fldChar`), and the value of the form field that it may begin: drop-downs and check boxes. */
export class DocxFormField {
  private readonly entries: string[] = [];
  private chosen: number | undefined;
  private preset = 0;
  private checkBox: { checked?: boolean; preset?: boolean } | undefined;

  constructor(readonly type: string) {}

  open(name: string, attributes: XmlAttributes): void {
    const value = attributes.get('w:val') ?? '';
    if (name === 'w:checkBox') this.checkBox = {};
    else if (name === 'w:listEntry') this.entries.push(value);
    else if (name === 'w:result') this.chosen = Number(value);
    else if (name === 'w:checked' && this.checkBox !== undefined) this.checkBox.checked = isOn(attributes);
    else if (name === 'w:default') this.setDefault(value, attributes);
  }

  /** Empty for every other field: what it shows is text of its own. */
  get value(): string {
    if (this.checkBox !== undefined) return (this.checkBox.checked ?? this.checkBox.preset ?? false) ? '☒' : '☐';
    return this.entries[this.chosen ?? this.preset] ?? '';
  }

  private setDefault(value: string, attributes: XmlAttributes): void {
    if (this.checkBox !== undefined) this.checkBox.preset = isOn(attributes);
    else this.preset = Number(value);
  }
}
