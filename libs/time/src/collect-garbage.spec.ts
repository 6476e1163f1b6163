import { collectGarbage } from './collect-garbage';

const SIZE = 64 * 2 ** 20;

it('gives back buffers that nothing refers to, and hands out no way to do so', () => {
  const before = process.memoryUsage().arrayBuffers;
  let buffers: ArrayBuffer[] = Array.from({ length: 4 }, () => new ArrayBuffer(SIZE));
  expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThan(3 * SIZE);
  buffers = [];
  expect(buffers).toEqual([]);
  collectGarbage();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(SIZE);
  expect('gc' in globalThis).toBe(false);
});
