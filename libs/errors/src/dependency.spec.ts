import { dependencyOf } from './dependency';

const coded = (code: string, options?: ErrorOptions): Error => Object.assign(new Error('no', options), { code });

describe('whose fault an error is', () => {
  it.each([
    '08006',
    '53200',
    '53300',
    '57014',
    '57P01',
    '57P03',
    '58030',
    '25006',
    '55P03',
    'ECONNREFUSED',
    'ECONNRESET',
  ])('%s is the database', (code) => {
    expect(dependencyOf(coded(code))).toBe('database');
    expect(dependencyOf(Object.assign(new Error('QueryFailedError'), { driverError: coded(code) }))).toBe('database');
    expect(dependencyOf(new Error('outer', { cause: coded(code) }))).toBe('database');
  });

  it.each(['53100', 'ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE'])('%s is the disk', (code) => {
    expect(dependencyOf(coded(code))).toBe('disk');
  });

  it.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect'])('"%s"', (message) => {
    expect(dependencyOf(new Error(message))).toBe('database');
  });

  it.each(['23505', '22P05', '42703', '40001', 'ENOENT', 'ERR_INVALID_ARG_TYPE'])('%s may be anybody', (code) => {
    expect(dependencyOf(coded(code))).toBeUndefined();
  });

  it.each([undefined, null, 'text', new TypeError('x is undefined')])('%p may be anybody', (error) => {
    expect(dependencyOf(error)).toBeUndefined();
  });
});
