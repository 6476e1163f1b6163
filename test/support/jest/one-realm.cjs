// A Jest environment without a realm of its own. Jest gives every test file a second set of JavaScript's built-ins and
// loads all packages into it again: seconds of CPU for each file that starts the service. Here a file's own modules are
// still loaded for it alone, but packages are loaded by Node, once for each of Jest's workers, as they are in
// production (see native-package.cjs), so both must live in the realm that Node's own loader uses.
const { TestEnvironment } = require('jest-environment-node');
const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');
const { appendFileSync, readFileSync } = require('node:fs');
const { dirname, join, relative } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const vm = require('node:vm');

/** Stands for the main context where Jest wants to be told one: Node has no name for it. */
const MAIN_CONTEXT = Object.freeze({});
const { compileFunction } = vm;
vm.compileFunction = (code, params, { parsingContext, ...options }) =>
  parsingContext === MAIN_CONTEXT
    ? compileFunction(code, params, {
        ...options,
        importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      })
    : compileFunction(code, params, { ...options, parsingContext });

/** Where native-package.cjs finds Node's `require`: inside a test file the word means Jest's. */
const NATIVE_REQUIRE = Symbol.for('vectorlane.native-require');

// Every engine that a test starts compiles the same nine megabytes of WebAssembly, and then again with optimisations.
// As long as somebody holds a module of these bytes V8 takes the code that is there: half of an engine's start.
// And as in production (libs/launch), what runs for a moment is not worth optimising.
setFlagsFromString('--wasm-tiering-budget=50000000');
globalThis[Symbol.for('vectorlane.pglite-code')] ??= new WebAssembly.Module(
  readFileSync(join(dirname(require.resolve('@electric-sql/pglite')), 'pglite.wasm')),
);

/** Time limits are written for a quiet machine: one that has other work gets so many times as long. */
const PATIENCE = 3;
const PATIENT = Symbol.for('vectorlane.patient');

/** Processor seconds of this process and of its children that have ended, where the system says (Linux). */
function processorSeconds() {
  try {
    const [, fields] = readFileSync('/proc/self/stat', 'utf8').split(') ');
    const ticks = fields.split(' ').slice(11, 15).map(Number);
    return ticks.reduce((sum, each) => sum + each, 0) / 100;
  } catch {
    return process.cpuUsage().user / 1e6;
  }
}

module.exports = class OneRealm extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.suite = relative(config.globalConfig.rootDir, context.testPath);
    this.begunAt = processorSeconds();
    this.global = globalThis;
    globalThis[NATIVE_REQUIRE] = require;
    this.moduleMocker = new ModuleMocker(globalThis);
    this.fakeTimersModern = new ModernFakeTimers({ config: config.projectConfig, global: globalThis });
    // What a test file changes in the process is taken back behind it.
    const { console, process } = globalThis;
    const { exit } = process;
    const env = { ...process.env };
    this.restore = () => {
      globalThis.console = console;
      process.exit = exit;
      for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
      Object.assign(process.env, env);
    };
  }

  // Each test, and each hook once, however often it runs; the suites before hear of it too, and know it by the mark.
  handleTestEvent({ name, test, hook }, { testTimeout }) {
    const begun = name === 'test_fn_start' ? test : name === 'hook_start' ? hook : undefined;
    if (begun === undefined || begun[PATIENT]) return;
    begun[PATIENT] = true;
    begun.timeout = (begun.timeout ?? testTimeout) * PATIENCE;
  }

  async teardown() {
    await super.teardown();
    this.restore();
    // What the gate is long by: scripts/jest.mjs prints the dearest.
    const file = process.env.TEST_PROCESSOR_FILE;
    if (file) appendFileSync(file, `${(processorSeconds() - this.begunAt).toFixed(1)} ${this.suite}\n`);
  }

  getVmContext() {
    return MAIN_CONTEXT;
  }
};
