import { errorText } from './redaction';

/** One redaction for the log, alerts and errors: a value that the database could not take is in none of them. */
describe('the text of an error', () => {
  const refused = Object.assign(new Error('date/time field value out of range: "0000-01-01"'), { code: '22008' });

  it('says what kind of value the database could not take, and not the value', () => {
    expect(errorText(refused)).toBe('date/time field value out of range: "…"');
  });

  it('says so in a stack that holds it as a cause', () => {
    const outer = new Error('the page could not be read', { cause: refused });
    const text = errorText(outer, `${outer.stack}\ncaused by: ${refused.stack}`);
    expect(text).toContain('out of range: "…"');
    expect(text).not.toContain('0000-01-01');
  });

  it('hides secrets by their form', () => {
    expect(errorText(new Error('connect postgres://u:hunter2@db failed'))).not.toContain('hunter2');
  });
});
