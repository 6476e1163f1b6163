import type { FieldsData } from '@kenjiuno/msgreader';
import { detailsOf } from './msg-details';

describe('items of Outlook beside messages', () => {
  const of = (fields: Partial<FieldsData>): string =>
    detailsOf({ dataType: 'msg', ...fields }, (text) => text ?? '')
      .filter(([, value]) => value !== '')
      .map(([label, value]) => `${label}: ${value}`)
      .join('\n');
  const meeting = { apptLocation: 'Pier 4', apptStartWhole: 'Tue, 28 Feb 2017 18:30:00 GMT', companyName: 'Fence Co' };
  const contact = { name: 'Ada', companyName: 'Fence Co', postalAddress: '12 Lane\r\nBergen', apptLocation: 'Pier 4' };

  it.each<[string, Partial<FieldsData>, string]>([
    ['IPM.Appointment', meeting, 'Location: Pier 4\nStart: Tue, 28 Feb 2017 18:30:00 GMT'],
    ['IPM.Schedule.Meeting.Request', meeting, 'Location: Pier 4\nStart: Tue, 28 Feb 2017 18:30:00 GMT'],
    ['IPM.Appointment', { apptEndWhole: 'Tue, 28 Feb 2017 19:00:00 GMT' }, 'End: Tue, 28 Feb 2017 19:00:00 GMT'],
    ['IPM.Contact', contact, 'Name: Ada\nCompany: Fence Co\nAddress: 12 Lane Bergen'],
    ['IPM.Contact.Own', { mobileTelephoneNumber: '(456) 789' }, 'Mobile: (456) 789'],
    ['IPM.Contact', { title: 'Pilot', email1EmailAddress: 'a@example.org' }, 'Title: Pilot\nE-mail: a@example.org'],
    ['IPM.Note', { ...meeting, ...contact }, ''],
  ])('give what they are about: %s', (messageClass, fields, text) => {
    expect(of({ messageClass, ...fields })).toBe(text);
  });
});
