import type { Request, Response } from 'express';
import { presentedKey } from './caller';

const KEY = `vl_${'a'.repeat(12)}_${'B'.repeat(43)}`;
const OTHER = `vl_${'c'.repeat(12)}_${'D'.repeat(43)}`;

function shown(headers: Record<string, string>): string {
  const request = { get: (name: string) => headers[name] } as unknown as Request;
  const { given, parsed } = presentedKey(request, { locals: {} } as unknown as Response);
  return given ? (parsed?.id ?? 'unusable') : 'none';
}

it.each<[Record<string, string>, string]>([
  [{}, 'none'],
  [{ 'x-api-key': KEY }, 'aaaaaaaaaaaa'],
  [{ authorization: `Bearer ${KEY}` }, 'aaaaaaaaaaaa'],
  [{ authorization: 'Basic dTpw' }, 'none'],
  [{ 'x-api-key': 'something' }, 'unusable'],
  // What a proxy in front asks for is none of ours.
  [{ 'x-api-key': KEY, authorization: 'Basic dTpw' }, 'aaaaaaaaaaaa'],
  [{ 'x-api-key': KEY, authorization: `Bearer ${KEY}` }, 'aaaaaaaaaaaa'],
  // Whose request would it be?
  [{ 'x-api-key': KEY, authorization: `Bearer ${OTHER}` }, 'unusable'],
  [{ 'x-api-key': KEY, authorization: `bearer a ${KEY}` }, 'unusable'],
  [{ 'x-api-key': KEY, authorization: 'Bearer' }, 'unusable'],
  [{ 'x-api-key': KEY, authorization: 'S}9' }, 'unusable'],
  [{ 'x-api-key': KEY, authorization: `Key ${OTHER}` }, 'unusable'],
])('%j shows %s', (headers, expected) => {
  expect(shown(headers)).toBe(expected);
});
