import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { read, ROOT } from '../../support/compose-file';

/** What `npm start` installs on a fresh clone: enough to build and to run, and no more. */

interface Files {
  readonly CONSOLE: string;
  addFiles(folder: string, files: string[], wanted: (name: string) => boolean): void;
  compiledSources(): string[];
}
interface Unneeded {
  sizeOf(path: string): number;
  unneeded(root: string): string[];
}
const { addFiles, compiledSources, CONSOLE } = jest.requireActual<Files>(join(ROOT, 'scripts/bootstrap/files.mjs'));
const { sizeOf, unneeded } = jest.requireActual<Unneeded>(join(ROOT, 'scripts/bootstrap/unneeded.mjs'));

const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>;

/** The packages that files name in imports which are there when the code runs. */
function imported(files: readonly string[]): Set<string> {
  const named = files.flatMap((file) =>
    [
      ...readFileSync(file, 'utf8')
        .replaceAll(/^import type [^;]*;/gm, '')
        .replaceAll(/`[^`]*`/g, '') // code that the console shows
        .matchAll(
          /(?:\bfrom|\bimport|(?:import|require|require\.resolve|\burl)\()\s*['"]((?:@[\w-]+\/)?[a-z][\w.-]*)/g,
        ),
    ].map(([, name = '']) => name),
  );
  return new Set(named.filter((name) => !name.startsWith('@vectorlane/') && !builtinModules.includes(name)));
}

const consoleSources = (): string[] => {
  const files: string[] = [];
  addFiles(CONSOLE, files, (name) => /(?<!\.spec)\.(m?tsx?|css)$/.test(name));
  return files;
};
const run = imported(compiledSources());
const build = imported([
  ...consoleSources(),
  ...['compile', 'bundle'].map((name) => join(ROOT, 'scripts', `${name}.mjs`)),
]);

it('what runs and what builds imports dependencies alone, none of development', () => {
  expect(run.size).toBeGreaterThan(30);
  expect(build.size).toBeGreaterThan(5);
  expect([...run, ...build].filter((name) => Object.hasOwn(devDependencies, name))).toEqual([]);
});

it('the backend’s image leaves out what builds alone', () => {
  const named = /npm uninstall [^\n]*\\\n([^\n]+)/.exec(read('docker/backend.Dockerfile'))?.[1] ?? '';
  const alone = [...build].filter((name) => !run.has(name) && Object.hasOwn(dependencies, name));
  expect(named.trim().split(' ').toSorted()).toEqual(alone.toSorted());
});

it('takes at most 450 MB', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean }> };
  const bytes = (paths: readonly string[]): number => paths.reduce((sum, path) => sum + sizeOf(path), 0);
  const all = sizeOf(join(ROOT, 'node_modules'));
  const development = Object.keys(packages).filter((path) => packages[path]?.dev === true);
  // One inside another would be counted twice.
  const outermost = development.filter((path) => !development.some((other) => path.startsWith(`${other}/`)));
  const inDevelopment = outermost.map((path) => join(ROOT, path));
  const never = unneeded(join(ROOT, 'node_modules')).filter(
    (path) => !inDevelopment.some((folder) => path.startsWith(`${folder}/`)),
  );
  expect((all - bytes(inDevelopment) - bytes(never)) / 2 ** 20).toBeLessThan(450);
});
