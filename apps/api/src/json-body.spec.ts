import { Problem } from '@vectorlane/errors';
import { parseJson } from './json-body';

describe('JSON', () => {
  it.each([
    '{"__proto__":{"a":1}}',
    '{"a":[{"__proto__":null}]}',
    '{"\\u005f_proto__":1}',
    '{"__pr\\u006fto__":1,"\\u005f":2}',
  ])('with a field that would be lost on its way is refused: %s', (text) =>
    expect(() => parseJson(text)).toThrow(Problem),
  );

  it.each(['{"a":"__proto__"}', '{"proto":1}', '{"constructor":1,"prototype":2}', '[1,"\\u005f"]'])(
    'is read: %s',
    (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    },
  );
});
