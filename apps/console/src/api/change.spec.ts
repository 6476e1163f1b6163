import { changeOf } from './change';

it.each([
  ['{"documentId":"a"}', { kind: 'document', documentId: 'a' }],
  ['{"id":"a"}', { kind: 'document', documentId: 'a' }],
  ['{"documentId":7}', { kind: 'unknown' }],
  ['null', { kind: 'unknown' }],
  ['{', { kind: 'unknown' }],
])('of %s it knows %j', (data, change) => expect(changeOf(data)).toEqual(change));
