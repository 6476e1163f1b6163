// npm run sbom: what the program is made of, npm and Python packages with version, digest and licence, as CycloneDX,
// from the lock files alone and without a network. `-- FILE` names where to (sbom.cdx.json). `--check` writes nothing
// and fails where a package has no licence, or one that is not on the list. `--learn` reads the licences of the Python
// packages, which their lock file does not tell, from what is installed, into scripts/sbom/python-licences.json.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from './ai-worker/environment.mjs';
import { main, ROOT } from './bootstrap.mjs';
import { completed, licenceOf, mayBeUsed } from './sbom/licences.mjs';
import { npmBom } from './sbom/npm.mjs';
import { lockedPython, pythonComponents, pythonLicences, readLicences } from './sbom/python.mjs';

const PYTHON_LICENCES = join(ROOT, 'scripts', 'sbom', 'python-licences.json');

await main(async () => {
  const args = process.argv.slice(2);
  const locked = lockedPython();
  if (args.includes('--learn')) {
    const learnt = await readLicences(await environment({ withTools: true }), locked);
    const all = { ...pythonLicences(PYTHON_LICENCES, locked), ...learnt };
    const sorted = Object.fromEntries(Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1)));
    writeFileSync(PYTHON_LICENCES, `${JSON.stringify(sorted, null, 2)}\n`);
  }
  const bom = await npmBom();
  const python = pythonComponents(locked, pythonLicences(PYTHON_LICENCES, locked));
  bom.components = [...bom.components, ...python].map(completed);
  const refused = bom.components.filter((component) => !mayBeUsed(component));
  for (const component of refused) {
    const { name, version } = component;
    process.stdout.write(`${name} ${version}: ${licenceOf(component) ?? 'no licence known'}\n`);
  }
  if (refused.length > 0) {
    process.stdout.write('See scripts/sbom/licences.mjs. Of a Python package that is new: npm run sbom -- --learn\n');
    process.exit(1);
  }
  if (args.includes('--check')) return;
  const path = args.find((arg) => !arg.startsWith('--')) ?? join(ROOT, 'sbom.cdx.json');
  writeFileSync(path, `${JSON.stringify(bom, null, 2)}\n`);
  process.stdout.write(`${bom.components.length} packages in ${path}\n`);
});
