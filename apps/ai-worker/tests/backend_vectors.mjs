// Vectors of the backend's own fp32 provider: reads {"texts":[…],"root":…} from a file, writes base64 of float32 rows.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [input, output] = process.argv.slice(2);
const { texts, root } = JSON.parse(readFileSync(input, 'utf8'));
const require = createRequire(join(root, 'package.json'));
const { locateModel, readModelFiles } = require(join(root, 'dist/libs/embeddings/src/local/model-files.js'));
const { LocalEmbeddingProvider } = require(join(root, 'dist/libs/embeddings/src/local/local-embedding.provider.js'));

const files = await readModelFiles(locateModel(undefined));
const weights = { weights: files.weightsPath, numberType: 'fp32' };
const provider = new LocalEmbeddingProvider(files, weights, { threads: 2, timeoutMs: 100_000 });
await provider.onModuleInit();
const vectors = await provider.embed(texts, 'passage');
const rows = vectors.map((vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64'));
await provider.close();
writeFileSync(output, JSON.stringify(rows));
