// The npm packages of package-lock.json, as npm itself writes them.
import { ROOT } from '../bootstrap.mjs';
import { run } from '../test-servers/process.mjs';

/** @typedef {import('./licences.mjs').Component} Component */

/** @returns {Promise<{ components: Component[], [field: string]: unknown }>} */
export async function npmBom() {
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--offline', '--loglevel=error'];
  const text = await run('npm', args, { cwd: ROOT, timeoutMs: 60_000 });
  /** @type {{ components: Component[], metadata: { component: Record<string, unknown> } }} */
  const bom = JSON.parse(text.slice(text.indexOf('{')));
  // npm calls it by the folder that it happens to lie in.
  Object.assign(bom.metadata.component, { type: 'application', name: 'vectorlane' });
  return bom;
}
