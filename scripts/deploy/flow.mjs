// Runs steps in order, a line for each, and stops at the first that fails, with the way back.
import { StepError } from './process.mjs';

/**
 * @typedef {{ serving?: string, candidate?: string, dump?: string, pending?: string[], hasPrevious?: boolean,
 *   switched?: boolean, completed?: boolean, url?: string, counted?: { requests: number, errors: number } }} Notes
 * @typedef {{ compose: import('./compose.mjs').Compose, options: import('./command-line.mjs').Options, notes: Notes,
 *   signal?: AbortSignal }} Context what the steps share
 * @typedef {Record<string, (context: Context) => Promise<string | { skipped: string }>>} Steps
 */

/**
 * @param {string[]} names in order
 * @param {Steps} steps
 * @param {Context} context
 * @param {(line: string) => void} say
 * @returns {Promise<boolean>} whether all went well
 */
export async function runSteps(names, steps, context, say) {
  for (const name of names) {
    const startedAt = Date.now();
    /** @param {string} mark @param {string} text */
    const line = (mark, text) => say(`${mark} ${name.padEnd(22)} ${text.replaceAll('\n', `\n${' '.repeat(30)}`)}`);
    try {
      if (context.signal?.aborted) throw new StepError('interrupted');
      const seen = await steps[name](context);
      if (typeof seen === 'object') line('–    ', seen.skipped);
      else line('ok   ', `${seen} [${((Date.now() - startedAt) / 1000).toFixed(1)} s]`);
    } catch (error) {
      line(
        'FAIL ',
        error instanceof StepError ? error.message : error instanceof Error ? String(error.stack) : String(error),
      );
      say('');
      for (const text of wayBack(name, context)) say(text);
      return false;
    }
  }
  return true;
}

/**
 * What to do now, as commands that can be copied.
 * @param {string} step
 * @param {Pick<Context, "compose" | "notes">} context
 */
export function wayBack(step, { compose, notes }) {
  const { serving, candidate, dump, pending = [], hasPrevious = false } = notes;
  const [stage] = step.split('.');
  if (stage === 'preflight') return ['The way back: none is needed, nothing was changed. Fix it and deploy again.'];
  if (step === 'build.images') return ['The way back: none is needed, what ran still runs. Fix it and deploy again.'];
  /** @param {...string} services */
  const old = (...services) =>
    `VECTORLANE_VERSION=previous ${compose.line('up', '-d', '--wait', '--no-build', ...services)}`;
  const lines = ['The way back:'];
  if (serving === undefined || candidate === undefined) {
    lines.push(
      ...(hasPrevious
        ? [`  ${old('backend', 'ai-worker')}`]
        : ['  There was no program before this one. Fix it and deploy again.']),
    );
  } else {
    if (notes.switched)
      lines.push(`  ${compose.runtimeLine('ready', serving)}`, `  ${compose.runtimeLine('drain', candidate)}`);
    lines.push(
      notes.switched
        ? `  # then ${serving} has the traffic`
        : `  # ${serving} has the traffic and runs what it ran before`,
    );
    if (hasPrevious) lines.push(`  ${old(candidate)}`);
    lines.push(`  ${compose.runtimeLine('ready', candidate)}`);
  }
  if (pending.length > 0) {
    lines.push(
      `  # The new program may have migrated the database (${pending.join(', ')}). The one before goes on with what was`,
    );
    lines.push('  # added. Only if it does not, and what was written since may be lost:');
    if (dump !== undefined) lines.push(...restoreLines(compose, dump));
  }
  return lines;
}

/**
 * With nobody connected; in one transaction, so that a restore cut off leaves what was there.
 * @param {import('./compose.mjs').Compose} compose
 * @param {string} dump
 */
function restoreLines(compose, dump) {
  const restore =
    'PGPASSWORD=$POSTGRES_PASSWORD exec pg_restore --clean --if-exists --single-transaction -U vectorlane -d vectorlane';
  return [
    `  ${compose.line('stop', 'backend', 'backend-2')}`,
    `  ${compose.line('exec', '-T', 'postgres', 'sh', '-c', restore)} < ${dump}`,
  ];
}
