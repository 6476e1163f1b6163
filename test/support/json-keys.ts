/** Names that an object in this JSON text has twice: a parser keeps one of the two and says nothing. */
export function repeatedKeys(json: string): string[] {
  const repeated: string[] = [];
  const open: (Set<string> | undefined)[] = [];
  for (const token of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    const [text, colon] = token;
    if (text === '{') open.push(new Set());
    else if (text === '[') open.push(undefined);
    else if (text === '}' || text === ']') open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(text.slice(0, -colon.length)) as string;
      const names = open.at(-1);
      if (names?.has(name)) repeated.push(name);
      names?.add(name);
    }
  }
  return repeated;
}
