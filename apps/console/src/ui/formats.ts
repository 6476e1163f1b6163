/** Formats as people call them; the rest by their own name. */
export const FORMATS: Readonly<Record<string, string>> = {
  pdf: 'PDF',
  docx: 'Word',
  pptx: 'PowerPoint',
  xlsx: 'Excel',
  doc: 'Word',
  xls: 'Excel',
  ppt: 'PowerPoint',
  md: 'Markdown',
  html: 'HTML',
  txt: 'Text',
  csv: 'CSV',
  json: 'JSON',
  code: 'Source code',
  eml: 'Mail',
  mbox: 'Mailbox',
  msg: 'Outlook',
  epub: 'EPUB',
  odt: 'OpenDocument text',
  ods: 'OpenDocument sheet',
  odp: 'OpenDocument slides',
  rtf: 'RTF',
  ipynb: 'Notebook',
  ics: 'Calendar',
  vcf: 'Contacts',
  mht: 'Web archive',
  png: 'PNG',
  jpeg: 'JPEG',
  tiff: 'TIFF',
  webp: 'WebP',
};

export function formatName(format: string): string {
  return FORMATS[format] ?? format.toUpperCase();
}
