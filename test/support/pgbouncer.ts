import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './free-port';
import { eventually } from './eventually';

const PGBOUNCER = process.env['TEST_PGBOUNCER'] ?? '/usr/sbin/pgbouncer';

export type PoolMode = 'session' | 'transaction';

/** A real PgBouncer before a server. Its configuration has what it must have, and no word for our sake. */
export class Pgbouncer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(serverUrl: string, mode: PoolMode): Promise<Pgbouncer> {
    const folder = mkdtempSync(join(tmpdir(), 'vectorlane-pgbouncer-'));
    chmodSync(folder, 0o755); // it refuses to run as root, and reads this as somebody else
    const server = new URL(serverUrl);
    const port = await freePort();
    const users = join(folder, 'users.txt');
    writeFileSync(users, `"${server.username}" "${decodeURIComponent(server.password)}"\n`);
    writeFileSync(
      join(folder, 'pgbouncer.ini'),
      `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = ${mode}
`,
    );
    const child = spawn(PGBOUNCER, ['-q', join(folder, 'pgbouncer.ini')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...serverAccount(),
    });
    let said = '';
    child.stderr?.on('data', (data: Buffer) => (said += data.toString()));
    const bouncer = new Pgbouncer(child, folder, port);
    const failed = once(child, 'exit').then(() => Promise.reject(new Error(`PgBouncer ended at its start: ${said}`)));
    const answers = eventually(() => answered(bouncer.before(serverUrl)));
    failed.catch(() => undefined);
    await Promise.race([answers, failed]);
    return bouncer;
  }

  /** The server's address, through here. */
  before(url: string): string {
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String(this.port);
    return through.href;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exit;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function answered(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  const connected = await client.connect().then(
    () => true,
    () => false,
  );
  if (connected) await client.end();
  return connected;
}

function serverAccount(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
