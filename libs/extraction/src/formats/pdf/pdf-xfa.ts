import { SaxesParser } from 'saxes';
import type { Pdfium } from './pdfium';

/**
 * Forms of Adobe's XFA: a template in XML from which a program makes the pages, and data beside it. The pages in the
 * file then only ask for that program. Words and values are read from the XML; places are not computed.
 */

const MAX_PACKETS = 64;
const MAX_PACKET_BYTES = 64 * 1024 * 1024;
const MAX_ENTRIES = 100_000;
/** Elements of a template whose text nobody reads: programs, choices not made, bindings. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['script', 'event', 'items', 'bind', 'assist', 'validate', 'calculate', 'format', 'desc', 'extras', 'proto']); // prettier-ignore

interface Field {
  readonly name: string;
  readonly caption: string[];
  readonly value: string[];
}

/** @returns what the form says, a paragraph for each text and each field; empty when it cannot be read */
export function readXfa(pdfium: Pdfium, document: number): readonly string[] {
  const form = new XfaForm();
  const { call } = pdfium;
  const count = Math.min(call.FPDF_GetXFAPacketCount(document), MAX_PACKETS);
  for (let index = 0; index < count; index += 1) {
    const packet = pdfium.bytes((buffer, length) => {
      call.FPDF_GetXFAPacketContent(document, index, buffer, length, pdfium.scratch);
      return pdfium.int(pdfium.scratch);
    }, MAX_PACKET_BYTES);
    form.read(Buffer.from(packet).toString('utf8'));
  }
  return form.paragraphs();
}

class XfaForm {
  private readonly entries: (string | Field)[] = [];
  private readonly data = new Map<string, string[]>();

  read(packet: string): void {
    // Packets may be pieces of one document; what is no document by itself holds none of the form's words.
    if (!/<(?:\w+:)?(?:template|datasets|xdp)\b/.test(packet)) return;
    const parser = new SaxesParser({ xmlns: false, position: false });
    const open: string[] = [];
    let field: Field | undefined;
    let text: string[] = [];
    let leaf = false;
    /** Depths of the open elements whose text is not shown. */
    const hidden: number[] = [];
    let broken = false;
    parser.on('error', () => (broken = true));
    parser.on('opentag', ({ name, attributes }) => {
      const local = localName(name);
      open.push(local);
      const isHidden = NOT_SHOWN.has(local) || /^(?:hidden|inactive)$/.test(String(attributes['presence'] ?? ''));
      if (isHidden && open.includes('template')) hidden.push(open.length);
      if (local === 'field') field = { name: String(attributes['name'] ?? ''), caption: [], value: [] };
      if (field === undefined || !open.includes('caption')) text = [];
      leaf = true;
      if (local === 'text' || local === 'exData') text = [];
    });
    const take = (piece: string): void => {
      if (hidden.length === 0) text.push(piece);
    };
    parser.on('text', take);
    parser.on('cdata', take);
    parser.on('closetag', () => {
      const isHidden = hidden.length > 0;
      if (hidden.at(-1) === open.length) hidden.pop();
      const local = open.pop() ?? '';
      const said = text.join('').replace(/\s+/g, ' ').trim();
      if (isHidden) text = [];
      else if (open.includes('template')) {
        if ((local === 'text' || local === 'exData' || VALUES.has(local)) && said !== '') {
          if (field === undefined) this.add(said);
          else if (open.includes('caption')) field.caption.push(said);
          else field.value.push(said);
          text = [];
        }
        if (local === 'field') {
          if (field !== undefined) this.add(field);
          field = undefined;
        }
      } else if (leaf && open.includes('data') && said !== '') {
        const values = this.data.get(local) ?? [];
        if (this.data.size < MAX_ENTRIES) this.data.set(local, [...values, said]);
      }
      leaf = false;
    });
    const before = this.entries.length;
    for (let at = 0; at < packet.length && !broken; at += CHUNK) parser.write(packet.slice(at, at + CHUNK));
    if (!broken) parser.close();
    // Half a form would be taken for the whole of it.
    if (broken) this.entries.length = before;
  }

  paragraphs(): readonly string[] {
    const paragraphs = this.entries.map((entry) => {
      if (typeof entry === 'string') return entry;
      const [filled] = this.data.get(entry.name)?.splice(0, 1) ?? [];
      return [...entry.caption, ...(filled === undefined ? entry.value : [filled])].join(' ');
    });
    const rest = [...this.data].flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
    return [...paragraphs, ...rest].filter((paragraph) => paragraph !== '');
  }

  private add(entry: string | Field): void {
    if (this.entries.length < MAX_ENTRIES) this.entries.push(entry);
  }
}

const CHUNK = 65_536;
/** Elements of a template that hold a value by themselves. */
const VALUES: ReadonlySet<string> = new Set(['integer', 'decimal', 'float', 'date', 'dateTime', 'time']);

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
