import { lackOfRoom, NoSpaceError } from './disk-room';

const MIB = 1024 * 1024;

describe('room on the disk of the data folder', () => {
  it('is lacking below what the engine writes ahead, and the message says so in one line', () => {
    const lack = lackOfRoom('/data/pglite', () => 3.7 * MIB);
    expect(lack).toBeInstanceOf(NoSpaceError);
    expect(lack).toMatchObject({
      code: 'ENOSPC',
      message: 'There is no space left in /data/pglite (3 MiB free, 64 MiB are needed).',
    });
  });

  it('is there otherwise, and where nobody can tell', () => {
    expect(lackOfRoom('/data', () => 65 * MIB)).toBeUndefined();
    expect(lackOfRoom('/there/is/no/such/folder')).toBeUndefined();
  });
});
