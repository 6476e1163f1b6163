import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PACKAGE = join(__dirname, '../../clients/typescript');
const BUILD = join(__dirname, '../../scripts/build-client.mjs');
/** Far beyond what any of these takes. */
const LIMIT = { timeout: 120_000 };

/** `@vectorlane/client` as strangers have it: packed, and installed in an empty folder. */
export class PackedClient {
  private constructor(readonly folder: string) {}

  static async install(): Promise<PackedClient> {
    const folder = await mkdtemp(join(tmpdir(), 'vectorlane-packed-'));
    await writeFile(join(folder, 'package.json'), '{"private":true}');
    // By itself, since `npm pack` may be told to run no scripts.
    await run(process.execPath, [BUILD], LIMIT);
    await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      ...{ cwd: PACKAGE, ...LIMIT },
    });
    const [archive = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
    await run('npm', ['install', ...options, `./${archive}`], { cwd: folder, ...LIMIT });
    return new PackedClient(folder);
  }

  /** Runs a program in the folder. @returns what it printed */
  async program(name: string, source: string, env: Readonly<Record<string, string>>): Promise<string> {
    await writeFile(join(this.folder, name), source);
    const { stdout } = await run(process.execPath, [name], {
      ...{ cwd: this.folder, env: { PATH: process.env['PATH'], ...env } },
      ...LIMIT,
    });
    return stdout;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
