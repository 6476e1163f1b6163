// What some suites need of a machine and not every machine gives. They are left out here, in one place and aloud, and
// never by a test that passes over itself.
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, mkdtempSync, rmdirSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
const runs = (command, ...args) => spawnSync(command, args).status === 0;

function canMount() {
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-mount-'));
  const mounted = runs('mount', '-t', 'tmpfs', 'tmpfs', folder);
  if (mounted) runs('umount', folder);
  rmdirSync(folder);
  return mounted;
}

function canLimitMemory() {
  return ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].some((root) => {
    const group = join(root, `vectorlane-probe-${process.pid}`);
    try {
      mkdirSync(group);
    } catch {
      return false; // not there, or not this user's to make
    }
    const limited = ['memory.limit_in_bytes', 'memory.max'].some((file) => existsSync(join(group, file)));
    rmdirSync(group);
    return limited;
  });
}

const NEEDS = [
  { suite: 'test/embedded/full-disk', need: 'a file system that this user may mount', has: canMount },
  { suite: 'test/embedded/extraction/parser-memory', need: '/proc', has: () => existsSync('/proc/self/status') },
  {
    suite: 'test/embedded/first-process',
    need: 'a process id namespace',
    // As AS_PID_1 of test/support/shutdown-scene has it.
    has: () => runs('unshare', ...asRoot, '--pid', '--fork', '--mount-proc', '--kill-child', 'true'),
  },
  { suite: 'test/chaos/memory-limit', need: 'a control group of memory', has: canLimitMemory },
];

/** Paths of the suites that cannot run on this machine. */
exports.suitesLeftOut = () => {
  const missing = NEEDS.filter(({ has }) => !has());
  for (const { suite, need } of missing)
    process.stderr.write(`Left out on this machine: ${suite}, for want of ${need}.\n`);
  return missing.map(({ suite }) => suite);
};
