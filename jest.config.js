// One project for each folder of tests, by what its suites need:
//   unit       beside the source: nothing
//   both       the engines, and what an engine can change: run on the embedded ones and on PostgreSQL and Redis
//   embedded   nothing that an engine can change: run once, on the embedded engines
//   server     PostgreSQL and Redis alone, or programs that npm run test:server installs (Chromium, promtool)
//   chaos      processes under load, a balancer, a Prometheus (npm run test:chaos installs them)
//   ai-worker  the Python AI worker (npm run test:ai-worker installs it)
const { dependencies, devDependencies } = require('./package.json');
const { suitesLeftOut } = require('./test/support/jest/machine.cjs');

/** What our own modules import: Node loads these (test/support/jest), and what they import in turn. */
const packages = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.includes('jest'));

const swc = {
  sourceMaps: 'inline',
  module: { type: 'commonjs' },
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
};

const native = '<rootDir>/test/support/jest/native-package.cjs';

const base = {
  testEnvironment: '<rootDir>/test/support/jest/one-realm.cjs',
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  moduleNameMapper: {
    '^@vectorlane/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    // These offer themselves to `import` alone, and Jest turns every import into a require.
    '^eld/(.+)$': '<rootDir>/node_modules/eld/src/entries/static.$1.js',
  },
  modulePathIgnorePatterns: [
    '<rootDir>/dist/',
    '<rootDir>/clients/typescript/dist/',
    '<rootDir>/data/',
    '<rootDir>/.cache/',
  ],
  transform: {
    '/node_modules/.+\\.[cm]?js$': native,
    '^.+\\.ts$': ['@swc/jest', swc],
    '^.+\\.m?js$': ['@swc/jest', { ...swc, jsc: { target: 'es2022', parser: { syntax: 'ecmascript' } } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${packages.join('|')})/)`],
  setupFiles: ['<rootDir>/test/support/jest-setup.ts'],
};

/**
 * What drives the whole service takes it as it was built, and lets Node load it: once for each of Jest's workers, as in
 * production. What only tests have is loaded from its source.
 */
const built = {
  ...base,
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '^@vectorlane/([^/]+)$': '<rootDir>/dist/libs/$1/src/index.js',
    '^(?:\\.\\./)+((?:apps|libs)/(?!.*fixture).+)$': '<rootDir>/dist/$1.js',
  },
  modulePathIgnorePatterns: base.modulePathIgnorePatterns.filter((path) => path !== '<rootDir>/dist/'),
  transform: { '/dist/(?:apps|libs)/.+\\.js$': native, ...base.transform },
};

/** At full size alone (TEST_FULL=1), or by name: the first comments of those of test/chaos say why. */
const atFullSize = [
  ...['test/chaos/failover', 'test/chaos/long-outage'],
  // At each commit on one of the two: what an engine can change of it, other suites of test/both have on both.
  ...(process.env.TEST_DATABASE_URL
    ? ['bad-input', 'main-job', 'logging', 'shutdown/import-order']
    : ['job-limits', 'openai', 'tenants']
  ).map((name) => `test/both/${name}`),
];
const isWanted = (suite) => process.argv.slice(2).some((word) => word.includes(suite));
const left = process.env.TEST_FULL === '1' ? [] : atFullSize.filter((suite) => !isWanted(suite));
const leftOut = [...suitesLeftOut(), ...left].map((suite) => `<rootDir>/${suite}`);

module.exports = {
  // Starting engines on a busy machine takes longer than Jest's five seconds; a hang still ends.
  testTimeout: 30_000,
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/{libs,apps,clients}/**/*.spec.ts'] },
    ...['both', 'embedded', 'server', 'chaos', 'ai-worker'].map((folder) => ({
      ...built,
      displayName: folder,
      testMatch: [`<rootDir>/test/${folder}/**/*spec.ts`],
      testPathIgnorePatterns: leftOut,
    })),
  ],
};
