import { burn, type Entry } from '@kenjiuno/msgreader/lib/Burner';
import { encode } from 'iconv-lite';

/** Outlook items made by the specs. */
export interface MsgContent {
  readonly subject: string;
  readonly body?: string;
  readonly html?: string;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly attachments?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Of items written before Unicode. */
  readonly charset?: string;
}

interface Folder {
  readonly name: string;
  readonly streams: readonly (readonly [string, Uint8Array])[];
}

const DIRECTORY = 1;
const DOCUMENT = 2;
const ROOT = 5;

export function msgOf({ subject, body, html, from, to = [], attachments = [], charset }: MsgContent): Buffer {
  const text = (property: string, value: string | undefined): readonly (readonly [string, Uint8Array])[] => {
    if (value === undefined) return [];
    const bytes = charset === undefined ? Buffer.from(value, 'utf16le') : encode(value, charset);
    return [[`__substg1.0_${property}${charset === undefined ? '001F' : '001E'}`, bytes]];
  };
  const properties = (bytes: number): readonly [string, Uint8Array] => ['__properties_version1.0', Buffer.alloc(bytes)];
  const root = [
    properties(32),
    ...text('0037', subject),
    ...text('1000', body),
    ...text('0C1A', from),
    ...(html === undefined ? [] : [['__substg1.0_10130102', Buffer.from(html)] as const]),
  ];
  const number = (index: number): string => index.toString(16).toUpperCase().padStart(8, '0');
  const folders: readonly Folder[] = [
    { name: '__nameid_version1.0', streams: [] },
    ...to.map((name, index) => ({
      name: `__recip_version1.0_#${number(index)}`,
      streams: [properties(8), ...text('3001', name), ...text('39FE', `${name}@example.org`.toLowerCase())],
    })),
    ...attachments.map(({ name, bytes }, index) => ({
      name: `__attach_version1.0_#${number(index)}`,
      streams: [properties(8), ...text('3707', name), ['__substg1.0_37010102', bytes] as const],
    })),
  ];
  return Buffer.from(burn(entriesOf(root, folders)));
}

function entriesOf(root: Folder['streams'], folders: readonly Folder[]): Entry[] {
  const top: Entry = { name: 'Root Entry', type: ROOT, length: 0, children: [] };
  const entries = [top];
  const add = (to: Entry, entry: Entry): Entry => {
    to.children?.push(entries.push(entry) - 1);
    return entry;
  };
  const stream = ([name, bytes]: readonly [string, Uint8Array]): Entry => {
    return { name, type: DOCUMENT, length: bytes.length, binaryProvider: () => Uint8Array.from(bytes) };
  };
  for (const one of root) add(top, stream(one));
  for (const { name, streams } of folders) {
    const folder = add(top, { name, type: DIRECTORY, length: 0, children: [] });
    for (const one of streams) add(folder, stream(one));
  }
  return entries;
}
