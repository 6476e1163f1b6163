// Takes out of the image's production packages what is never read there, and, unless WITH_WEIGHTS=1, the weights.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { sizeOf, unneeded } from '../scripts/bootstrap/unneeded.mjs';

const ROOT = 'node_modules';
const before = sizeOf(ROOT);
const weights = join(ROOT, '@alvix', 'xenova-models', 'dist', 'Xenova', 'gte-small', 'onnx');
for (const path of [...unneeded(ROOT), ...(process.env.WITH_WEIGHTS === '1' ? [] : [weights])])
  rmSync(path, { recursive: true, force: true });
const after = sizeOf(ROOT);
console.log(`Took out ${Math.round((before - after) / 1e6)} MB; ${Math.round(after / 1e6)} MB stay.`);
