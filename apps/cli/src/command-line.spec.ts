import { CONNECTION_OPTIONS, parseCommandLine, renderHelp, UsageError, type CommandDefinition } from './command-line';
import { displayWidth } from './text-layout';

const definition: CommandDefinition = {
  name: 'try',
  summary: 'Tries.',
  usage: ['try -- <word>'],
  options: {
    count: { value: 'N', description: 'how often' },
    mode: { value: 'MODE', description: 'how' },
    data: { value: 'JSON', description: 'with what' },
    yes: {
      short: 'y',
      description: 'really, and at such length that the line has to be broken before it leaves the page',
    },
    ...CONNECTION_OPTIONS,
  },
};
const parse = (...argv: string[]) => parseCommandLine(definition, argv);

describe('parseCommandLine', () => {
  it('takes options in any place and the rest as words', () => {
    const line = parse('one', '--count', '3', '-y', 'two', '--mode=b', '--', '--three');
    expect(line.positionals).toEqual(['one', 'two', '--three']);
    expect(line.integer('count', { min: 1, max: 5, default: 1 })).toBe(3);
    expect(line.flag('yes')).toBe(true);
    expect(line.choice('mode', ['a', 'b'], 'a')).toBe('b');
  });

  it('falls back to defaults', () => {
    const line = parse();
    expect(line.integer('count', { min: 1, max: 5, default: 2 })).toBe(2);
    expect(line.choice('mode', ['a', 'b'], 'a')).toBe('a');
    expect(line.jsonObject('data')).toBeUndefined();
    expect(line.flag('yes')).toBe(false);
  });

  it.each([
    [['--cuont', '3'], '--cuont'],
    [['-x'], '-x'],
    [['--count'], '--count'],
    [['--yes=1'], '--yes'],
  ])('refuses %j and names the option', (argv, option) => {
    expect(() => parse(...argv)).toThrow(UsageError);
    expect(() => parse(...argv)).toThrow(option);
  });

  it('does not repeat the value of a mistyped option, which may be a key', () => {
    expect(() => parse('--kye=hunter2')).not.toThrow(/hunter2/);
    expect(() => parse('--kye=hunter2')).toThrow('--kye');
  });

  it.each(['0', '6', '2.5', '1e1', 'x', '-1', ''])('refuses --count %j', (value) => {
    expect(() => parse(`--count=${value}`).integer('count', { min: 1, max: 5, default: 1 })).toThrow(/--count/);
  });

  it.each(['nonsense', '[1]', 'null', '"text"', '{'])('refuses --data %s', (value) => {
    expect(() => parse('--data', value).jsonObject('data')).toThrow(/--data/);
  });

  it('reads a JSON object', () => {
    expect(parse('--data', '{"a":{"b":1}}').jsonObject('data')).toEqual({ a: { b: 1 } });
  });

  it('names a choice that is none and an option that is missing', () => {
    expect(() => parse('--mode', 'c').choice('mode', ['a', 'b'], 'a')).toThrow('--mode must be one of a, b, not "c"');
    expect(() => parse().required('count')).toThrow('--count is missing');
  });
});

describe('renderHelp', () => {
  it('names every option and keeps to the width', () => {
    const help = renderHelp(definition, 70);
    for (const name of Object.keys(definition.options)) expect(help).toContain(`--${name}`);
    for (const line of help.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(70);
  });
});
