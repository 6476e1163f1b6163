import { compoundOf, type Footers, powerPoint97Streams, pptRecord } from './office97.fixture';
import { PptExtractor } from './ppt.extractor';
import { outlineOf, textsOfSlide } from './ppt-shapes';

async function textOf(footers: Footers, own = 'High'): Promise<string> {
  const bytes = compoundOf(powerPoint97Streams([[[0, 'Tides'], [4, own]]], undefined, footers)); // prettier-ignore
  return (await new PptExtractor().extract({ bytes, filename: 'a.ppt' })).text;
}

describe('footers of PPT', () => {
  const all = { shows: 0x24, date: 'Spring 2003', footer: 'Harbour office' };

  it.each<[string, Footers, string]>([
    ['of all slides', { ofAll: all }, 'Tides\n\nHigh\n\nSpring 2003\n\nHarbour office'],
    ['of this slide', { ofAll: all, ofSlides: { shows: 0x20, footer: 'Draft' } }, 'Tides\n\nHigh\n\nDraft'],
    ['of this slide, which has none', { ofAll: all, ofSlides: { shows: 0 } }, 'Tides\n\nHigh'],
    ['that are not shown', { ofAll: { ...all, shows: 0x4 } }, 'Tides\n\nHigh\n\nSpring 2003'],
    ["with today's date", { ofAll: { ...all, shows: 0x22 } }, 'Tides\n\nHigh\n\nHarbour office'],
    ['of a master that is not shown', { ofAll: all, hidesMaster: true }, 'Tides\n\nHigh'],
  ])('are read as they are shown: %s', async (_name, footers, text) => {
    expect(await textOf(footers)).toBe(text);
  });

  it('that the slide has too are given once', async () => {
    expect(await textOf({ ofAll: { shows: 0x20, footer: 'Harbour office' } }, 'Harbour office')).toBe(
      'Tides\n\nHarbour office',
    );
  });

  it('leave out the sign that stands for the number of a slide', () => {
    const box = pptRecord(0xf00d, [pptRecord(0xfa0, Buffer.from('*', 'utf16le')), pptRecord(0xfd8, Buffer.alloc(4))]);
    const shapes = pptRecord(0xf002, [pptRecord(0xf003, [pptRecord(0xf004, [box])])]);
    expect(textsOfSlide(pptRecord(0x40c, [shapes]), outlineOf([]))).toEqual([]);
  });
});
