import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { read, ROOT } from './compose-file';

const LEVELS = new Set(['log', 'warn', 'error', 'fatal']);

/** Names of the fields that the sources hand to a logger by name, at level info and above. */
export function loggedFields(): string[] {
  const fields = new Set<string>();
  for (const folder of ['apps', 'libs']) {
    for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('spec.ts')) continue;
      const text = read(folder, file);
      const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
      const visit = (node: ts.Node): void => {
        if (ts.isCallExpression(node)) for (const name of fieldsOf(node)) fields.add(name);
        ts.forEachChild(node, visit);
      };
      visit(source);
    }
  }
  return [...fields].toSorted();
}

/** `this.logger.warn({ lane, jobId }, '…')` → lane, jobId. */
function fieldsOf({ expression, arguments: [first] }: ts.CallExpression): string[] {
  if (!ts.isPropertyAccessExpression(expression) || !LEVELS.has(expression.name.text)) return [];
  if (!/\blogger$|new Logger\(/.test(expression.expression.getText())) return [];
  if (first === undefined || !ts.isObjectLiteralExpression(first)) return [];
  return first.properties.flatMap(({ name }) => (name === undefined ? [] : [name.getText()]));
}
