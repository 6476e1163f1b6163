import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { z } from 'zod';
import * as domain from './index';

const ROOT = resolve(__dirname, '../../..');
const FOLDERS = ['apps', 'libs', 'scripts', 'test/support'];
/**
 * A migration says what was true when it was written; the types of the AI worker's contract and of the console are
 * generated.
 */
const LEFT_OUT =
  /node_modules|\/dist\/|^libs\/domain\/|\/migrations\/|\.spec\.[a-z]+$|\.d\.ts$|^libs\/ai-worker\/src\/ai-worker-contract\.ts$|^apps\/console\/src\/api\/schema\.ts$/;

const LISTS = Object.entries(domain).flatMap(([name, value]) =>
  value instanceof z.ZodEnum ? [{ name, members: new Set<string>(value.options as readonly string[]) }] : [],
);

function sources(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs|cjs|js)$/.test(entry.name))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
      .filter((path) => !LEFT_OUT.test(path)),
  );
}

/** Arrays and unions of string literals: the two ways in which a list is spelled. */
function spellings(path: string, text: string): { where: string; members: string[] }[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const found: { where: string; members: string[] }[] = [];
  const visit = (node: ts.Node): void => {
    const members = literals(node);
    if (members.length > 1) {
      const { line } = file.getLineAndCharacterOfPosition(node.pos + 1);
      found.push({ where: `${path}:${line + 1}`, members });
    }
    if (!isSelection(node)) ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** `Extract<Stage, 'queued' | 'failed'>` takes from the list and spells nothing again. */
function isSelection(node: ts.Node): boolean {
  if (!ts.isTypeReferenceNode(node) || !ts.isIdentifier(node.typeName)) return false;
  const [list] = node.typeArguments ?? [];
  return (
    ['Extract', 'Exclude'].includes(node.typeName.text) &&
    list !== undefined &&
    ts.isTypeReferenceNode(list) &&
    ts.isIdentifier(list.typeName) &&
    LISTS.some(({ name }) => name === (list.typeName as ts.Identifier).text)
  );
}

function literals(node: ts.Node): string[] {
  if (ts.isArrayLiteralExpression(node)) {
    return node.elements.every(ts.isStringLiteral)
      ? node.elements.filter(ts.isStringLiteral).map(({ text }) => text)
      : [];
  }
  if (!ts.isUnionTypeNode(node)) return [];
  const texts = node.types.flatMap((type) =>
    ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [],
  );
  return texts.length === node.types.length ? texts : [];
}

/** Two or more members of one list and nothing else: the list, or a part of it that wants a name beside it. */
function secondSpellings(path: string, text: string): string[] {
  return spellings(path, text).flatMap(({ where, members }) =>
    LISTS.filter((list) => members.every((member) => list.members.has(member)))
      .slice(0, 1)
      .map(({ name }) => `${where} spells ${name}: ${members.join(', ')}`),
  );
}

it('knows the lists', () => {
  expect(LISTS.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Lane', 'DocumentStatus', 'Stage', 'SearchMode', 'Scope', 'NumberType', 'BlockKind']),
  );
  for (const { members } of LISTS) expect(members.size).toBeGreaterThan(1);
});

it.each([
  ["type Lane = 'fast' | 'heavy';", 1],
  ["z.enum(['fast', 'heavy'])", 1],
  ["const unfinished = ['pending', 'processing'] as const;", 1],
  ["type Waiting = Extract<JobState, 'waiting' | 'delayed'>;", 0],
  ["type Mixed = 'fast' | 'slow'; const one = ['fast']; const two = ['fast', 'slow'];", 0],
])('finds a second spelling: %s', (text, count) => {
  expect(secondSpellings('some.ts', text)).toHaveLength(count);
});

it('each list of the domain is written once', () => {
  const files = sources();
  expect(files.length).toBeGreaterThan(200);
  expect(files.flatMap((path) => secondSpellings(path, readFileSync(join(ROOT, path), 'utf8')))).toEqual([]);
});
