import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What the network may do to a dependency: pass everything on, swallow it in silence, or refuse. */
type Mode = 'passing' | 'silent' | 'gone';

/** A proxy before a server, always on the same port, that can be made to accept and never answer, or to refuse. */
export class TcpProxy {
  private mode: Mode = 'passing';
  private readonly sockets = new Set<Socket>();
  private readonly held: Socket[] = [];
  private server: Server | undefined;
  private port = 0;
  /** Everything clients have said, one string per packet. */
  readonly said: string[] = [];

  private constructor(private readonly target: URL) {}

  static async start(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(target));
    await proxy.listen();
    return proxy;
  }

  /** The target's address, through here. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  /** Clients that are connected to it now. */
  get clients(): number {
    return this.held.length + this.sockets.size / 2;
  }

  /** Accepts, and says and passes on nothing, to old connections and new ones. */
  silence(): void {
    this.mode = 'silent';
    for (const socket of this.sockets) socket.pause();
  }

  /** Ends all connections and refuses new ones. */
  async vanish(): Promise<void> {
    this.mode = 'gone';
    const closed = this.server && once(this.server, 'close');
    this.server?.close();
    for (const socket of [...this.sockets, ...this.held.splice(0)]) socket.destroy();
    await closed;
    this.server = undefined;
  }

  /** Back to what it should be. */
  async recover(): Promise<void> {
    this.mode = 'passing';
    for (const socket of this.sockets) socket.resume();
    for (const client of this.held.splice(0)) this.join(client);
    if (this.server === undefined) await this.listen();
  }

  async close(): Promise<void> {
    if (this.mode !== 'gone') await this.vanish();
  }

  private async listen(): Promise<void> {
    this.server = createServer((client) => this.accept(client));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private accept(client: Socket): void {
    client.on('error', () => client.destroy());
    if (this.mode === 'passing') return this.join(client);
    this.held.push(client);
    client.once('close', () => {
      const index = this.held.indexOf(client);
      if (index >= 0) this.held.splice(index, 1);
    });
  }

  private join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => from.destroy());
      from.once('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on('data', (data: Buffer) => {
        if (from === client) this.said.push(data.toString('latin1'));
        to.write(data);
      });
    }
  }
}
