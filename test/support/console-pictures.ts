import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './compose-file';
import type { ConsoleBrowser } from './console-browser';
import type { TestApp } from './test-app';

/** TEST_PICTURES=1 writes the pictures in docs/images again. */
export const KEEPS_PICTURES = process.env['TEST_PICTURES'] === '1';

const SHOWN = {
  'signal-flags.pdf': 'groff-two-columns.pdf',
  'moss-survey.pdf': 'typst.pdf',
  'tide-mills.pdf': 'pdflatex.pdf',
  'guitarras.pdf': 'reportlab.pdf',
  'dorfmolkerei.pdf': 'libreoffice-writer.pdf',
  'petites-gares.pdf': 'weasyprint.pdf',
};
const QUESTION = 'why flags, and not the radio?';

/** What README and docs show: the views of the tests, with documents to look at. */
export async function keepPictures(service: TestApp, browser: ConsoleBrowser): Promise<void> {
  const { page } = browser;
  for (const [name, file] of Object.entries(SHOWN)) {
    await service.ingest(name, await readFile(join(ROOT, 'test', 'fixtures', 'office', file)));
  }
  await browser.open(`?q=${encodeURIComponent(QUESTION)}`);
  const [hit, why] = [page.locator('.hit').first(), page.getByRole('button', { name: 'Why is it here?' }).first()];
  await why.click();
  await hit.getByText('Both together').waitFor();
  await browser.picture('console');
  await hit.getByRole('link', { name: /^Open at this passage/ }).click();
  await page.locator('.page-mark').first().waitFor();
  await browser.picture('console-document');
  await browser.open('documents');
  await page.getByText('signal-flags.pdf').waitFor();
  await browser.picture('console-documents');
  await browser.open('live');
  await page.getByText('What it stands on').waitFor();
  await page.getByText('Up', { exact: true }).first().waitFor();
  await browser.picture('console-live');
  await page.setViewportSize({ width: 360, height: 740 });
  await browser.open(`?q=${encodeURIComponent(QUESTION)}`);
  await hit.waitFor();
  await browser.picture('console-narrow');
}
