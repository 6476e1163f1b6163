import type { FieldsData } from '@kenjiuno/msgreader';

/** What an item is about beside its text: where and when people meet, how somebody is reached. */
const OF_MEETINGS = [
  ['Location', 'apptLocation'],
  ['Start', 'apptStartWhole'],
  ['End', 'apptEndWhole'],
] as const;

const OF_CONTACTS = [
  ['Name', 'name'],
  ['Title', 'title'],
  ['Department', 'departmentName'],
  ['Company', 'companyName'],
  ['E-mail', 'email1EmailAddress'],
  ['Phone', 'businessTelephoneNumber'],
  ['Mobile', 'mobileTelephoneNumber'],
  ['Home', 'homeTelephoneNumber'],
  ['Address', 'postalAddress'],
] as const;

/** Names of the fields that are given, all of them texts. */
export const DETAILS: readonly string[] = [...OF_MEETINGS, ...OF_CONTACTS].map(([, field]) => field);

/** Lines of a label and a value each, by the class of the item. */
export function detailsOf(
  fields: FieldsData,
  decode: (text: string | undefined) => string,
): readonly (readonly [label: string, value: string])[] {
  const kind = fields.messageClass ?? '';
  const labels = /^ipm\.(?:appointment|schedule)/i.test(kind)
    ? OF_MEETINGS
    : /^ipm\.contact/i.test(kind)
      ? OF_CONTACTS
      : [];
  return labels.map(([label, field]) => [label, decode(fields[field]).replace(/\s+/g, ' ').trim()]);
}
