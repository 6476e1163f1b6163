import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type ScalarTag, type CollectionTag } from 'yaml';
import type { Untyped } from './test-app';

/**
 * What Compose makes of our files, without Compose: anchors and merge keys, variables, a second file on top. Only as
 * much of its rules as our files use; where Compose itself is at hand a test compares the two.
 */

export const ROOT = join(__dirname, '../..');
export const read = (...parts: string[]): string => readFileSync(join(ROOT, ...parts), 'utf8');

const RESET = Symbol('!reset');
const resetTag: CollectionTag = { tag: '!reset', collection: 'seq', resolve: () => RESET };
const overrideTag: ScalarTag = { tag: '!override', resolve: (value) => value };

/** A required variable that is unset or empty, in Compose's words. */
export class MissingVariableError extends Error {
  constructor(readonly variable: string) {
    super(`required variable ${variable} is missing a value`);
  }
}

/**
 * @param environment what `.env` would hold
 * @param files below the repository; later ones go on top
 * @throws MissingVariableError
 */
export function renderCompose(environment: Record<string, string>, files = ['docker-compose.yml']): Untyped {
  return files
    .map((file) => interpolated(parseYaml(read(file)), environment))
    .reduce((below, above) => merged(below, above));
}

/** The file as it is written, anchors resolved and nothing filled in. */
export function parseYaml(text: string): Untyped {
  return parse(text, { merge: true, customTags: [resetTag, overrideTag] });
}

/** `NAME=value` lines. */
export function parseEnvironment(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => /^[A-Z][A-Z0-9_]*=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]));
}

function interpolated(value: Untyped, environment: Record<string, string>): Untyped {
  if (typeof value === 'string') return substitute(value, environment);
  if (Array.isArray(value)) return value.map((item) => interpolated(item, environment));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolated(item, environment)]));
}

function substitute(text: string, environment: Record<string, string>): string {
  return text.replace(
    /\$\$|\$\{([A-Za-z_]\w*)(?:(:[-?+])((?:[^{}]|\{[^{}]*\})*))?\}/g,
    (whole, name?: string, kind?: string, rest = '') => {
      if (name === undefined) return '$';
      const value = environment[name] ?? '';
      if (kind === ':?' && value === '') throw new MissingVariableError(name);
      if (kind === ':-') return value === '' ? rest : value;
      if (kind === ':+') return value === '' ? '' : rest;
      return kind === undefined || kind === ':?' ? value : whole;
    },
  );
}

function merged(below: Untyped, above: Untyped): Untyped {
  if (above === RESET) return undefined;
  if (Array.isArray(below) && Array.isArray(above)) return [...below, ...above];
  if (!isMap(below) || !isMap(above)) return above;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries(
    [...keys]
      .map((key) => [key, key in above ? merged(below[key], above[key]) : below[key]] as const)
      .filter(([, value]) => value !== undefined),
  );
}

function isMap(value: Untyped): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
