/** Both sum in float64; only the order in which a thread's kernels add differs, by less than this. */
const TOLERANCE = 1e-5;

/**
 * @param {unknown} ours of length 1
 * @param {unknown} theirs
 * @param {number} [tolerance]
 * @throws Error where two differ in any number
 */
export function sameVectors(ours, theirs, tolerance = TOLERANCE) {
  const [left, right] = [/** @type {number[][]} */ (ours), /** @type {number[][]} */ (theirs)];
  if (left.length === 0 || left.length !== right.length) {
    throw new Error(`There are ${left.length} vectors on the one side and ${right.length} on the other.`);
  }
  left.forEach((vector, text) => {
    const most = Math.max(...vector.map((number, at) => Math.abs(number - right[text][at])));
    if (vector.length !== right[text].length || !(most <= tolerance)) {
      throw new Error(`The vectors of text ${text} differ by ${most}.`);
    }
  });
}
