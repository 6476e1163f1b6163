import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOTS = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'];

/**
 * A control group of its own: the kernel holds all processes in it together to a limit of memory, as it does a
 * container's.
 */
export class MemoryGroup {
  private constructor(
    private readonly folder: string,
    private readonly isFirstVersion: boolean,
  ) {}

  /** @throws Error where this user can make none */
  static make(limitBytes: number): MemoryGroup {
    for (const root of ROOTS) {
      const folder = join(root, `vectorlane-test-${process.pid}`);
      try {
        mkdirSync(folder);
      } catch {
        continue;
      }
      for (const limit of ['memory.limit_in_bytes', 'memory.max']) {
        if (!existsSync(join(folder, limit))) continue;
        writeFileSync(join(folder, limit), String(limitBytes));
        return new MemoryGroup(folder, limit === 'memory.limit_in_bytes');
      }
      rmdirSync(folder);
    }
    throw new Error('No control group of memory can be made here.');
  }

  /** Put before a command: it and all that it starts are in the group. */
  get wrapper(): readonly string[] {
    return ['sh', '-c', `echo $$ > ${join(this.folder, 'cgroup.procs')} && exec "$@"`, 'sh'];
  }

  /** What its processes hold, without what the kernel could drop: the files they have read and written. */
  get heldBytes(): number {
    return this.number('memory.stat', this.isFirstVersion ? 'total_rss' : 'anon');
  }

  /** Processes that the kernel has killed for the limit's sake. */
  get kills(): number {
    return this.number(this.isFirstVersion ? 'memory.oom_control' : 'memory.events', 'oom_kill');
  }

  /** When its processes have ended. */
  remove(): void {
    rmdirSync(this.folder);
  }

  private number(file: string, name: string): number {
    const text = readFileSync(join(this.folder, file), 'utf8');
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  }
}
