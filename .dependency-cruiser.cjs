// Which library may import which (docs/architecture.md). A library is imported by its index alone; imports point
// downwards.
const layers = [
  // Below everybody, and allowed to everybody.
  { libs: ['domain', 'time', 'launch'], may: [] },
  { libs: ['config', 'errors'], may: ['config', 'errors'] },
  { libs: ['analysis'], may: [] },
  { libs: ['logging', 'metrics', 'health', 'shutdown', 'endpoint'], may: ['config', 'errors'] },
  { libs: ['database', 'redis'], may: ['config', 'errors', 'logging', 'metrics', 'health', 'shutdown'] },
  { libs: ['ai-worker'], may: ['config', 'errors', 'logging', 'health', 'shutdown', 'endpoint'] },
  { libs: ['queue'], may: ['config', 'errors', 'logging', 'metrics', 'health', 'shutdown', 'redis'] },
  {
    libs: ['events'],
    may: ['config', 'errors', 'logging', 'metrics', 'health', 'shutdown', 'database', 'redis'],
  },
  {
    libs: ['auth', 'documents', 'embeddings', 'extraction'],
    may: [
      ...['config', 'errors', 'logging', 'metrics', 'health', 'shutdown', 'endpoint'],
      ...['database', 'redis', 'ai-worker', 'analysis'],
    ],
  },
  {
    libs: ['ingestion'],
    may: [
      'config',
      'errors',
      'logging',
      'metrics',
      'health',
      'shutdown',
      'database',
      'redis',
      'queue',
      'events',
      'documents',
      'embeddings',
      'extraction',
      'analysis',
    ],
  },
  {
    libs: ['webhooks'],
    may: ['config', 'errors', 'logging', 'metrics', 'health', 'shutdown', 'endpoint', 'database', 'events'],
  },
  // What the HTTP servers of all processes have in common.
  { libs: ['http'], may: ['config', 'errors', 'logging', 'metrics', 'health', 'shutdown', 'auth'] },
  {
    libs: ['search'],
    may: [
      'config',
      'errors',
      'logging',
      'metrics',
      'health',
      'shutdown',
      'endpoint',
      'database',
      'documents',
      'embeddings',
      'analysis',
    ],
  },
  { libs: ['backup'], may: ['config', 'errors', 'logging', 'health', 'database', 'documents'] },
  {
    libs: ['alerting'],
    may: ['config', 'errors', 'logging', 'metrics', 'health', 'shutdown', 'endpoint', 'redis'],
  },
];

const layerRules = layers.flatMap(({ libs, may }) =>
  libs.map((lib) => ({
    name: `${lib}-knows-only-what-is-below`,
    severity: 'error',
    from: { path: `^libs/${lib}/` },
    to: { path: '^(libs|apps)/', pathNot: `^libs/(${[...new Set([lib, 'domain', 'time', ...may])].join('|')})/` },
  })),
);

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'the-domain-stands-on-zod-alone',
      severity: 'error',
      from: { path: '^libs/domain/', pathNot: '\\.spec\\.ts$' },
      to: { path: '.', pathNot: '^(libs/domain/|node_modules/zod/)' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'libs-never-import-apps',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'the-client-stands-alone',
      severity: 'error',
      from: { path: '^clients/typescript/src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '.', pathNot: '^clients/typescript/src/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'the-client-runs-in-browsers',
      severity: 'error',
      from: { path: '^clients/typescript/src/', pathNot: '\\.spec\\.ts$|/(node|folder-sync)\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-app-imports-an-app',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'a-lib-is-entered-by-its-index',
      // But for words that the console has without all that stands behind an index.
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/(?!index\\.ts$)', pathNot: '^libs/($2/|domain/src/coverage-words\\.ts$)' },
    },
    {
      name: 'product-code-never-imports-tests',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'no-dev-dependency-at-run-time',
      severity: 'error',
      // The console is built into one file: what it is made of is needed by the build alone.
      from: { path: '^(libs|apps)/', pathNot: '\\.spec\\.ts$|^apps/console/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      // The clients of test/protocols bring packages of their own.
      from: { path: '^(libs|apps|clients|test)/', pathNot: '^test/protocols/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
