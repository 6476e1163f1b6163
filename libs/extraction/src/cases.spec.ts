import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectFormat } from './detect/format-detection';
import { finishDocument } from './document-check';
import { createExtractors, indexExtractors } from './extractors';

/** One small file for each kind of fault that trials on public files found; what is read of it, whole. */
const CASES: Readonly<Record<string, string>> = {
  '01-cjk-predefined-cmap.pdf':
    '港口管理办法 第一条 为了加强渔港管理，制定本办法。\n\nOrder no. 4711 of the harbour office',
  '03-legacy-charset.txt':
    'Правила порта. Статья 1. Все суда обязаны сообщать о прибытии за два часа до захода в гавань.\n',
  '05-csv-header.csv':
    '0\nship: Halcyon\nport: Bergen\ntonnage: 4120\n\n1\nship: Kestrel\nport: Trieste\ntonnage: 980\n\n' +
    '2\nship: Marigold\nport:\ntonnage: 15250',
  '05-csv-preamble.csv':
    'Account statement\n\nExported 2026-02-01\n\nDate: 2026-01-03\nPayee: Corner Bakery\nAmount: -12,40\nCurrency: EUR',
  '06-docx-equation.docx': 'Give 1/2 tablet twice a day. The count was 3×10^6 per litre, with f(x)=√(x+1)+∑_(i=1)^n i',
  '08-automatic-numbers.docx':
    '1. Definitions\n\n  1.1 Licensee means the harbour office.\n  1.2 Vessel means any boat.\n\n2. Fees\n\n' +
    '  2.1 The mooring fee is due in April.\n  2.2 Clause 2.1 does not bind lifeboats.',
  '09-html-charset-lies.html': 'Порт\n\nПравила порта для всех судов',
  '10-soft-hyphens.txt': 'Das Gesamtkonzept der Donaudampfschifffahrt liegt aus. The brineshrimp feeder was sold.\n',
  '14-ruby.html': '東京湾の灯台を見た。',
  '15-katex.html': 'Energy E=1/2mv^2 holds.',
  '16-fake-bold.pdf': 'Annual Report 2025\n\nHarbour dues',
  '17-freetext.pdf': 'Survey of the basin\n\nApproved by the harbour board on 3 May',
  '18-altchunk.docx':
    'Introduction to the survey.\n\nSeventy boats were inspected in the harbour.\n\nEnd of the survey.',
  '19-form-fields.docx': 'Berth: South quay\n\nInsured: ☒ yes ☐ no',
  '20-rowspan.html': 'Region | Product | Units\nEU | Cable | 12\nEU | Hub | 7\nUS | Cable | 3',
  '22-data-uri.md':
    '# Quay crane\n\nThe crane lifts forty tonnes.\n\n![][image1]\n\nIt is greased on Fridays.\n\n[image1]: <>\n',
  '23-alt-text.docx': 'Landings by year.\n\nChart: herring landings fell from 900 tonnes in 1990 to 40 tonnes in 2020',
  '24-mail.eml':
    'Hafengebühren\n\nFrom: <a@example.org>\nTo: <b@example.org>\n\nDie Liegegebühren steigen im Mai um zehn Prozent.',
  '25-arabic-ligature.pdf': 'سلام سلام سلام',
  '26-xfa-shell.pdf': 'Applicant name Ada Lovelace of Harbour Street',
};
/** What is told of a file that was not read whole. */
const NOTES: Readonly<Record<string, readonly string[]>> = { '26-xfa-shell.pdf': ['DYNAMIC_FORM'] };

const FOLDER = join(__dirname, '../../../test/fixtures/cases');
const extractors = indexExtractors(createExtractors());

it('has an answer for each file of the folder', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(CASES).sort());
});

it.each(Object.entries(CASES))('%s', async (filename, text) => {
  const bytes = readFileSync(join(FOLDER, filename));
  const { format } = detectFormat({ head: bytes.subarray(0, 65_536), filename }, extractors);
  const extractor = extractors.get(format);
  if (extractor === undefined) throw new Error(`no extractor for ${format}`);
  const document = await finishDocument(await extractor.extract({ bytes, filename }, new AbortController().signal));
  expect(document.text).toBe(text);
  expect(document.coverage?.notes ?? []).toEqual(NOTES[filename] ?? []);
});
