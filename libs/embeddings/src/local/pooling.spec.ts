import { poolAndNormalise } from './pooling';

const states = Float32Array.of(1, 2, 2, 5, 6, 2);

describe('poolAndNormalise', () => {
  it('takes the direction of the mean of all rows', () => {
    const [x, y, z] = poolAndNormalise(states, 2, 3, 'mean');
    const length = Math.hypot(3, 4, 2);
    expect([x, y, z]).toEqual([Math.fround(3 / length), Math.fround(4 / length), Math.fround(2 / length)]);
  });

  it('takes the first row alone for cls', () => {
    expect(Array.from(poolAndNormalise(states, 2, 3, 'cls'))).toEqual([1, 2, 2].map((value) => Math.fround(value / 3)));
  });

  it.each([
    ['a number that is not finite', Float32Array.of(1, Number.NaN)],
    ['an infinite number', Float32Array.of(1, Number.POSITIVE_INFINITY)],
    ['nothing but zeros', Float32Array.of(0, 0)],
  ])('refuses %s', (_, broken) => {
    expect(() => poolAndNormalise(broken, 1, 2, 'mean')).toThrow('no usable vector');
  });
});
