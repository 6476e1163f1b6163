// Builds clients/typescript for `npm pack`: once as ES modules, once as CommonJS, each with its types.
import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap/files.mjs';

const PACKAGE = join(ROOT, 'clients/typescript');

rmSync(join(PACKAGE, 'dist'), { recursive: true, force: true });
for (const [folder, type, module] of [
  ['esm', 'module', 'esnext'],
  ['cjs', 'commonjs', 'commonjs'],
]) {
  const outDir = join(PACKAGE, 'dist', folder);
  execFileSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...['-p', join(PACKAGE, 'tsconfig.build.json'), '--module', module, '--outDir', outDir],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  // What Node.js takes the files in it for.
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify({ type })}\n`);
}
copyFileSync(join(ROOT, 'LICENSE'), join(PACKAGE, 'dist/LICENSE'));
