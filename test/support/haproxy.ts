import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read } from './compose-file';
import { freePort } from './free-port';
import { eventually } from './eventually';

const HAPROXY = process.env['TEST_HAPROXY'] ?? '/usr/sbin/haproxy';

/**
 * A real HAProxy under the stack's own configuration: addresses are changed, and nothing is tried twice, so that every
 * request that a backend drops is seen by its client.
 */
export class Haproxy {
  private logged = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly url: string,
    /** Where Prometheus finds it. */
    readonly metricsAddress: string,
  ) {
    const keep = (data: Buffer): void => {
      this.logged = (this.logged + data.toString()).slice(-64_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** @param backendPorts of `backend` and `backend-2` */
  static async start(backendPorts: readonly [number, number]): Promise<Haproxy> {
    const folder = mkdtempSync(join(tmpdir(), 'vectorlane-haproxy-'));
    const [port, metricsPort] = [await freePort(), await freePort()];
    const config = changed(read('docker/proxy/haproxy.cfg'), [
      ['stats socket ipv4@127.0.0.1:9999 level admin', `stats socket ${join(folder, 'socket')} level admin`],
      ['retries 3\n', 'retries 0\n'],
      ['option redispatch 1\n', ''],
      [/resolvers docker\n(?: {4}.*\n)+/, ''],
      [' resolvers docker init-addr last,libc,none', ''],
      ['bind :3000', `bind 127.0.0.1:${port}`],
      ['bind :8404', `bind 127.0.0.1:${metricsPort}`],
      ['server backend backend:3000', `server backend 127.0.0.1:${backendPorts[0]}`],
      ['server backend-2 backend-2:3000', `server backend-2 127.0.0.1:${backendPorts[1]}`],
    ]);
    writeFileSync(join(folder, 'haproxy.cfg'), config);
    const child = spawn(HAPROXY, ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'pipe', 'pipe'] });
    const haproxy = new Haproxy(child, folder, `http://127.0.0.1:${port}`, `127.0.0.1:${metricsPort}`);
    await eventually(async () => (await haproxy.states().catch(() => undefined)) !== undefined);
    return haproxy;
  }

  /** `UP`, `DOWN`, … of each server, by its name, as its own health checks have it. */
  async states(): Promise<Record<string, string>> {
    const socket = connect(join(this.folder, 'socket'));
    let said = '';
    socket.on('data', (data: Buffer) => (said += data.toString()));
    const closed = once(socket, 'close');
    socket.write('show stat backends 4 -1\n');
    await closed;
    const rows = said.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return Object.fromEntries(rows.map((line) => line.split(',')).map((cells) => [cells[1], cells[17]]));
  }

  /** Its lines about one route or status, for a failure's sake. */
  lines(pattern: RegExp): string[] {
    return this.logged.split('\n').filter((line) => pattern.test(line));
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await exit;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** @throws Error when the stack's configuration no longer holds what is to be changed */
function changed(config: string, changes: readonly (readonly [string | RegExp, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    const next = text.replace(from, to);
    if (next === text) throw new Error(`docker/proxy/haproxy.cfg has no ${String(from)}`);
    return next;
  }, config);
}
