import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const FOLDER = resolve(__dirname, '../../scripts/test-servers');
const ANSWER_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

/** A process that starts servers, keeps them, does with them what it is told, and takes them along when it ends. */
export class ServerKeeper {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly words: AsyncIterator<string>,
    readonly databaseUrl: string,
    readonly redisUrl: string,
  ) {}

  /** @param start a function of that module, which answers with `env`, `stop` and what else can be told */
  static async start(module: string, start: string): Promise<ServerKeeper> {
    const child = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `const { ${start} } = await import(${JSON.stringify(resolve(FOLDER, module))});
       const servers = await ${start}();
       const say = (word) => process.stdout.write(JSON.stringify(word) + '\\n');
       const { createInterface } = await import('node:readline');
       createInterface({ input: process.stdin })
         .on('line', (line) => {
           const { what, args } = JSON.parse(line);
           servers[what](...args).then(() => say('done'), (error) => say(String(error)));
         })
         .once('close', () => servers.stop().then(() => process.exit(0)));
       say(servers.env);`,
    ]);
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    const words = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = await word(words, () => errors);
    const env = JSON.parse(line) as { TEST_DATABASE_URL: string; TEST_REDIS_URL: string };
    return new ServerKeeper(child, words, env.TEST_DATABASE_URL, env.TEST_REDIS_URL);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async tell(what: string, ...args: (string | number)[]): Promise<void> {
    this.child.stdin.write(`${JSON.stringify({ what, args })}\n`);
    const answer: unknown = JSON.parse(await word(this.words, () => `${what} ${args.join(' ')}`));
    if (answer !== 'done') throw new Error(String(answer));
  }

  async stop(): Promise<void> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const ended = once(this.child, 'exit');
    this.child.stdin.end();
    await ended;
    clearTimeout(timer);
  }
}

/** The next line of the keeper. @throws Error with `why` when it does not come in time, or the keeper has ended */
async function word(words: AsyncIterator<string>, why: () => string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The servers' keeper says nothing: ${why()}`)), ANSWER_TIMEOUT_MS);
  });
  try {
    const next = await Promise.race([words.next(), late]);
    if (next.done === true) throw new Error(`The servers' keeper has ended: ${why()}`);
    return next.value;
  } finally {
    clearTimeout(timer);
  }
}
