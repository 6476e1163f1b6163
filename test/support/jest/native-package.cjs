// The "transform" of a package's file: Node loads it, once for each of Jest's workers (see one-realm.cjs).
module.exports = {
  process: (_, path) => ({
    code: `module.exports = globalThis[Symbol.for('vectorlane.native-require')](${JSON.stringify(path)});`,
  }),
  getCacheKey: (_, path) =>
    require('node:crypto').createHash('sha256').update(`native-package 1 ${path}`).digest('hex'),
};
