import tseslint from 'typescript-eslint';

// Type-aware rules on purpose: an unawaited promise is this code base's most expensive kind of bug.
export default tseslint.config(
  {
    ignores: [
      ...['**/dist/', '**/node_modules/', 'data/', '.cache/', 'coverage/', 'apps/**/*.mjs', 'test/**/*.mjs', '*.mjs'],
      ...['**/*.js', '**/*.cjs'],
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      // `{ left, ...rest }` is how a field is left out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'off', // DI needs the value import of a class it only names as a type
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'The environment is read in libs/config alone.' },
      ],
      // An aborted call rejects with its signal's own reason, whatever that is.
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      // Only a namespace merges with one that a package declares.
      '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }],
      eqeqeq: 'error',
    },
  },
  {
    // JavaScript with types in JSDoc: these run before anything is installed or built.
    files: ['scripts/**/*.mjs', 'bench/**/*.mjs', 'docker/**/*.mjs'],
    languageOptions: { parserOptions: { projectService: false, project: 'tsconfig.scripts.json' } },
    rules: {
      // The parser does not see a cast in JSDoc, so what JSON.parse returns would always count as unsafe.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['libs/config/**', 'test/**', 'bench/**', 'scripts/**', 'docker/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  { files: ['apps/cli/**', 'bench/**', 'docker/**'], rules: { 'no-console': 'off' } },
  {
    // supertest bodies and hostile inputs are untyped by nature; what they hold is what the test asserts.
    files: ['**/*.spec.ts', 'test/**', 'bench/**', 'scripts/test-compose/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
