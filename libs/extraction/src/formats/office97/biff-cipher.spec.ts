import { compoundOf } from './office97.fixture';
import { XlsExtractor } from './xls.extractor';

/** Streams of workbooks, encrypted with the default password by other programs' ciphers. */
const STREAMS: Readonly<Record<string, string>> = {
  xor:
    'CQgQAAAGBQAAAAAAAAAAAAAAAAAvAAYAAABZswqahQAOADQAAAAe48ViVsXY7pUACgAAAAkIEAAABhAAAAAAAAAAAAAAAAAABAIjAASHa5ri' +
    'HqAFYreEey61o3hqg4ZW5pDuqWbThNjulWq6qqtECgAAAA==',
  'RC4 of 40 bits by MD5, over two blocks':
    'CQgQAAAGBQAAAAAAAAAAAAAAAAAvADYAAQABAAEAAAECAwQFBgcICQoLDA0ODwH9TgXcbg5y/MS3IXVoaIPe1kOjuYkXC8bhY7XeuvcUhQAO' +
    'AGQAAABA5vzNW9Tgaxz8CgAAAAkIEAAABhAAAAAAAAAAAAAAAAAABAIjADUo3JiyHnD9iCZ3W3ap7udRM5YXKxE9ZnSzweA0lUa3OmYIBAKN' +
    'A7xvtRK3zjNkIFvrKAuDAb2ggXjSHikJh5h5t2PLsyqtx8Mabvzhz2MIDKaK6tVnaVW+Ku/EOZ9XFARcNfQXzTEYTBrkHDhXcuTgEsK857W+' +
    'gqAisix5QEPXf9gBcwnIA2O08OldB7FYzFTOH6Bmuf5Nuc+JoNdEskTm24Nh+5bS7Cvo9MvWmZGLqiJ+tkFTeXwy41MAecQTtf/DmnQPhrhF' +
    '3IwiDNHjW3FbAqmO5UZRKp8h2Rz2OJNAXnMIeNWN9JBEXFtQcVqueMz1BoOB8aBN+Jg43fKYHTuTWs07174eDIu7tPOwAk8xbcdgIpH2Wa+Y' +
    'TLgsm5cGes77bgYzOfOHjM9SWvyhUP1PnZRXVR/xmsLA4+wuE8PU1Caz2Bar9v+jkpEfi6zYmaebWZLNsswtSvkRPTeDjirIho7yPuWGVK1k' +
    'moUaUlPMdFCJLvqWEVaMYvMjB+DL7SEmlUGPhRp/B/fj4Mm+vBb/x2DTiibzUl8RQpcLkZfTS2lQiIFhmTRdw59TASnw+yH8Dzmu6XtdNq/8' +
    'Rojhl9VFf69IXHiEmNLHa25eH77RnOZHn+1zPOEjdQNvAH9y6LDUA5X6TrGGET9no27cJTY0UZrgfHWtL8CxCvTZK8krcx0Z9gP6LRe6B6oc' +
    'VJJOXNEyNTvx40GNPGe3hKb64YxrVlmelbQKcfVgzr50vt6YcroOCLsytazWju6QA/ZFv4+0DZXHAkZYUHhhnSDnDVpQoP9Y5oHMvqgbAglS' +
    '6OkcdFQDrsdi1VnfojpOFuCEGbfsAx6BBEwzAj6LA2/HfrIUpLmtzMiNO3xkqtcJk2eAn+9eVukeWJeenOJBVCyPz8r0jTqXFC72GnbCI4vV' +
    'XE+5WZWLTfGermNhdhOFovhL5G60X5T4DLJIZrZBVLXLpyVaX3AUXocMBkcA4eW5eunxm+TiE12ZQ97Cjfy51jvjbljv0wZem9/e6w2UwNnh' +
    '3RaboRsLzFrs7uuoJ9KpLcxPBcEq0ZlhpGlLTKDnALtSW13nuedMHPnC5sMPsODxaxtWl9i4U6RlZkz1pd92wcESxLOr5+75Bf5IrWaG0ebr' +
    'wP5MDv3n18mAW/p/J+A6lrYUXYIO8uPe1ZpW9SIcDIrlzAoanXogZGKnFxZcnkA+OgIPanwFOhWgzSwwxO9EvOdseMZI4Ia1s4fJYG6xHT4O' +
    'BeXv3jCQzE/f1r+8DMEea2M5WAQCDwByM+6/8Q0731jvQ7IOAUIKAAAA',
  'RC4 of 128 bits by SHA-1':
    'CQgQAAAGBQAAAAAAAAAAAAAAAAAvAHIAAQACAAIABAAAACgAAAAEAAAAAAAAAAFoAAAEgAAAgAAAAAEAAAAAAAAAAAAAAFIAQwA0AAAAEAAA' +
    'AAABAgMEBQYHCAkKCwwNDg+gJKKV2RDc0Wsracnf7xkZFAAAAHSnDrDnJ4E26Fcxi56aE9GRFdULhQAOAKAAAABSr6AoQYuekf3YCgAAAAkI' +
    'EAAABhAAAAAAAAAAAAAAAAAABAIjAPSFlAZ2j931CdjbDkP2CkgVUG1Ztgj9PEKPeUti9jM1k3W3CgAAAA==',
  'RC4 of 40 bits by SHA-1':
    'CQgQAAAGBQAAAAAAAAAAAAAAAAAvAHIAAQACAAIABAAAACgAAAAEAAAAAAAAAAFoAAAEgAAAKAAAAAEAAAAAAAAAAAAAAFIAQwA0AAAAEAAA' +
    'AAABAgMEBQYHCAkKCwwNDg/IcnKPFLVdhJt93j98/ZanFAAAANXmyW1ZewcNeb8xsVme3fLs6NRLhQAOAKAAAACCz13nv0cc6HL3CgAAAAkI' +
    'EAAABhAAAAAAAAAAAAAAAAAABAIjAOpfzTsK8Gw5BsWhzz7WoUpncoVgR4+m2AkfwQUT/9b51apnCgAAAA==',
};

const read = async (stream: Buffer): Promise<string> =>
  (await new XlsExtractor().extract({ bytes: compoundOf({ Workbook: stream }), filename: 'a.xls' })).text;

describe('XLS with the password that everybody knows', () => {
  it.each(Object.entries(STREAMS))('is read: %s', async (_name, stream) => {
    expect(await read(Buffer.from(stream, 'base64'))).toMatch(
      /^Berths\n\nMoorings of the north quay(?:\n\nx{900}\n\nbeyond)?$/,
    );
  });

  it.each(Object.entries(STREAMS))('is refused with another one: %s', async (_name, stream) => {
    const other = Buffer.from(stream, 'base64');
    // The last byte of what the password is compared with.
    const end = 24 + other.readUInt16LE(22);
    other.writeUInt8(other.readUInt8(end - 1) ^ 1, end - 1);
    await expect(read(other)).rejects.toMatchObject({ code: 'PASSWORD_PROTECTED' });
  });

  it.each([0, 1, 6, 20])('is refused when what tells how it is encrypted is cut off after %i bytes', async (length) => {
    const other = Buffer.from(STREAMS['RC4 of 128 bits by SHA-1'] ?? '', 'base64');
    other.writeUInt16LE(length, 22);
    await expect(read(other)).rejects.toMatchObject({ code: expect.stringMatching(/PASSWORD_PROTECTED|CORRUPT_FILE/) });
  });
});
