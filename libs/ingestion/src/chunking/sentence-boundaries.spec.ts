import { isSentenceStart, lastSentenceStart } from './sentence-boundaries';

function split(text: string): string[] {
  const starts = [0];
  for (let i = 1; i < text.length; i++) if (isSentenceStart(text, i)) starts.push(i);
  return starts.map((start, i) => text.slice(start, starts[i + 1]).trim());
}

describe('sentence boundaries', () => {
  it.each([
    ['full stops', 'It rained. We stayed.', ['It rained.', 'We stayed.']],
    ['questions and cries', 'Why? Because! Fine…  Done', ['Why?', 'Because!', 'Fine…', 'Done']],
    ['closing quotes', '“It rained.” (We stayed.) Then', ['“It rained.”', '(We stayed.)', 'Then']],
    ['reported questions', '“Why?” she asked. No.', ['“Why?” she asked.', 'No.']],
    ['titles and initials', 'Dr. Stone met J. Kern, e.g. Mondays.', ['Dr. Stone met J. Kern, e.g. Mondays.']],
    ['ordinals, not years', 'Am 3. Mai 2019. Danach z.B. Juni.', ['Am 3. Mai 2019.', 'Danach z.B. Juni.']],
    ['decimals', 'It weighs 3.5 kg. Light.', ['It weighs 3.5 kg.', 'Light.']],
    ['soft line ends', 'It rained on\nMonday. We\nstayed', ['It rained on\nMonday.', 'We\nstayed']],
    ['blank lines', 'no stop\n\nnext', ['no stop', 'next']],
    ['list markers', 'Take\n- eggs\n2. flour', ['Take', '- eggs', '2. flour']],
    ['CJK stops', '雨が降った。「行くな。」と言った！帰る', ['雨が降った。', '「行くな。」', 'と言った！', '帰る']],
    ['Greek questions', 'Πού είσαι; Εδώ.', ['Πού είσαι;', 'Εδώ.']],
    ['semicolons elsewhere', 'One; Two', ['One; Two']],
    ['dots in names', 'Open app.module.ts now. Close', ['Open app.module.ts now.', 'Close']],
  ])('knows %s', (_name, text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  it('finds the last start up to and including a position, after another', () => {
    const text = 'One. Two. Three.';
    expect(lastSentenceStart(text, 0, 10)).toBe(10);
    expect(lastSentenceStart(text, 0, 9)).toBe(5);
    expect(lastSentenceStart(text, 5, 9)).toBe(-1);
  });
});
