// A Docker engine for one run: the machine's own where one answers, else Debian's, private to the run (own data folder,
// own socket) and gone with it; and Compose 2, from the newer Debian where the machine has none.
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apt, debianMirror } from '../test-servers/packages.mjs';
import { attempt, run, serve, untilAnswers } from '../test-servers/process.mjs';

/** @import { RunOptions } from '../test-servers/process.mjs' */

const PLUGINS = ['docker-compose', 'docker-buildx'];
const PLUGIN_SUITE = 'trixie';

/** Why there is no engine here; the message is one line. */
export class NoEngineError extends Error {}

export class Engine {
  /**
   * @param {Record<string, string>} env with which `docker` reaches the engine
   * @param {string} origin
   * @param {() => Promise<void>} stop
   * @param {boolean} [isPrivate]
   */
  constructor(env, origin, stop, isPrivate = false) {
    this.env = env;
    this.origin = origin;
    this.stop = stop;
    /** Made for this run: its containers' processes are this machine's, and nobody else sees its images. */
    this.isPrivate = isPrivate;
  }

  /** @param {string[]} args @param {RunOptions} [options] */
  docker(args, options = {}) {
    return run('docker', args, { ...options, env: { ...this.env, ...options.env } });
  }

  /** @param {string[]} args @param {RunOptions} [options] */
  attempt(args, options = {}) {
    return attempt('docker', args, { ...options, env: { ...this.env, ...options.env } });
  }

  /** @param {string} image */
  async hasImage(image) {
    return (await this.attempt(['image', 'inspect', image])).code === 0;
  }
}

/**
 * @param {string} folder for the engine's data; removed by the caller
 * @throws NoEngineError
 */
export async function findEngine(folder) {
  const config = join(folder, 'client');
  mkdirSync(join(config, 'cli-plugins'), { recursive: true });
  if ((await attempt('docker', ['info'])).code === 0) {
    if ((await attempt('docker', ['compose', 'version'])).code === 0) {
      return new Engine({}, 'the machine’s own', async () => {});
    }
    await fetchPlugins(folder, config);
    return new Engine({ DOCKER_CONFIG: config }, 'the machine’s own', async () => {});
  }
  if (process.getuid?.() !== 0) throw new NoEngineError('no Docker engine answers, and only root can start one');
  if (!existsSync('/usr/bin/apt-get') && !existsSync('/usr/sbin/dockerd')) {
    throw new NoEngineError('no Docker engine answers, and there is no apt-get to install one with');
  }
  return startEngine(folder, config);
}

/** @param {string} folder @param {string} config */
async function startEngine(folder, config) {
  try {
    const tools = ['dockerd', 'debootstrap', 'iptables'];
    if (!tools.every((tool) => existsSync(`/usr/sbin/${tool}`))) await apt('docker.io', 'debootstrap', 'iptables');
    await fetchPlugins(folder, config);
  } catch (error) {
    throw new NoEngineError(`Debian’s Docker cannot be installed here: ${messageOf(error).split('\n')[0]}`);
  }
  const socket = join(folder, 'docker.sock');
  const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: config };
  const server = serve('dockerd', [
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
    ...['--pidfile', join(folder, 'dockerd.pid'), '--host', `unix://${socket}`, '--storage-driver', 'overlay2'],
  ]);
  try {
    await untilAnswers(server, 'dockerd', async () => (await attempt('docker', ['info'], { env })).code === 0);
  } catch (error) {
    await server.stop('SIGTERM');
    throw new NoEngineError(`dockerd does not run here: ${lastLine(messageOf(error))}`);
  }
  const { output } = await attempt('docker', ['version', '--format', '{{.Server.Version}}'], { env });
  const stop = async () => {
    await server.stop('SIGTERM');
    // Mounted on itself by the engine, which takes that away only when it ends in its own time.
    await attempt('umount', [join(folder, 'data')]);
  };
  return new Engine(env, `Debian’s Docker ${output.trim()}`, stop, true);
}

/**
 * Debian 12 packages no Compose 2 and no BuildKit client; the next Debian's are single static programs.
 * @param {string} folder
 * @param {string} config
 */
async function fetchPlugins(folder, config) {
  const target = join(config, 'cli-plugins');
  if (readdirSync(target).length === PLUGINS.length) return;
  const home = join(folder, 'plugins');
  for (const part of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(home, part), { recursive: true });
  writeFileSync(join(home, 'sources.list'), `deb [trusted=yes] ${debianMirror()} ${PLUGIN_SUITE} main\n`);
  const options = [
    ['Dir::Etc::sourcelist', join(home, 'sources.list')],
    ['Dir::Etc::sourceparts', '-'],
    ['Dir::State::lists', join(home, 'state/lists')],
    ['Dir::Cache', join(home, 'cache')],
    ['APT::Sandbox::User', 'root'],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await run('apt-get', [...options, 'update']);
  await run('apt-get', [...options, 'download', ...PLUGINS], { cwd: home });
  for (const file of readdirSync(home).filter((name) => name.endsWith('.deb')))
    await run('dpkg', ['-x', join(home, file), home]);
  for (const plugin of PLUGINS) {
    if (!existsSync(join(target, plugin)))
      symlinkSync(join(home, 'usr/libexec/docker/cli-plugins', plugin), join(target, plugin));
  }
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
