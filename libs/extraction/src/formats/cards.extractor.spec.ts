import { extractCards } from './cards.extractor';

const records = (source: string, filename = 'a.ics'): readonly string[] => {
  const { text, blocks } = extractCards({ bytes: Buffer.from(source, 'latin1'), filename });
  return blocks.map(({ start, end }) => text.slice(start, end));
};

describe('calendars', () => {
  it('give a record for each event and task, without what is for programs', () => {
    const source = [
      'BEGIN:VCALENDAR', 'X-WR-CALNAME:Harbour', 'BEGIN:VTIMEZONE', 'TZID:Europe/Oslo', 'DTSTART:19700101T000000', 'END:VTIMEZONE',
      'BEGIN:VEVENT', 'UID:1@x', 'DTSTART;TZID=Europe/Oslo:20260329T101500', 'DTEND:20260329T110000Z', 'SUMMARY:Dredging\\, part',
      '  two', 'DESCRIPTION:North quay\\nclosed', 'ORGANIZER;CN="Ada Lovelace":mailto:ada@x.org', 'BEGIN:VALARM',
      'DESCRIPTION:ring', 'END:VALARM', 'END:VEVENT',
      'BEGIN:VTODO', 'DUE;VALUE=DATE:20260401', 'SUMMARY:Pay', 'END:VTODO', 'END:VCALENDAR',
    ]; // prettier-ignore
    expect(records(source.join('\r\n'))).toEqual([
      'Harbour',
      'Start: 2026-03-29 10:15 Europe/Oslo\nEnd: 2026-03-29 11:00 UTC\nSummary: Dredging, part two\n' +
        'Description: North quay\nclosed\nOrganizer: Ada Lovelace <ada@x.org>',
      'Due: 2026-04-01\nSummary: Pay',
    ]);
  });

  it('that break off give what they have; text that is none gives nothing', () => {
    expect(records('BEGIN:VEVENT\nSUMMARY:Half')).toEqual(['Summary: Half']);
    expect(records('just words\nwithout colons')).toEqual([]);
    expect(records('END:VEVENT\n'.repeat(50) + 'BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT')).toEqual(['Summary: x']);
  });
});

describe('contacts', () => {
  it('of every version give a record for each person', () => {
    const old =
      'BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg=\n Gro=C3=9F\nTEL;CELL:12\nEND:VCARD';
    const cyrillic =
      'BEGIN:VCARD\nFN;CHARSET=windows-1251;QUOTED-PRINTABLE:=C8=E2=E0=ED=20=CF=E5=F2=F0=EE=E2\nEND:VCARD';
    const now =
      'BEGIN:VCARD\nVERSION:4.0\nN:Lovelace;Ada;;;\nFN:Ada Lovelace\nORG:Harbour;Office\nADR;TYPE=work:;;1 Quay;Bergen;;5003;NO\n' +
      'item1.EMAIL;TYPE=work:ada@x.org\nBDAY:1815-12-10\nPHOTO;ENCODING=b:AAAA\nNOTE:likes\\; numbers\nEND:VCARD';
    expect(records(`${old}\n${cyrillic}\n${now}`, 'a.vcf')).toEqual([
      'Name: Jörg Groß\nTelephone: 12',
      'Name: Иван Петров',
      'Name: Ada Lovelace\nOrganization: Harbour, Office\nAddress: 1 Quay, Bergen, 5003, NO\nE-mail: ada@x.org\n' +
        'Birthday: 1815-12-10\nNote: likes; numbers',
    ]);
  });
});
