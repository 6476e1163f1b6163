import { checkedUrl, isPublic, publicLookup } from './webhook-address';

it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])('%s is public', (address) => {
  expect(isPublic(address)).toBe(true);
});

it.each([
  ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1'],
  ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '198.51.100.7', '::1', '::', 'fe80::1', 'fc00::1', 'fd12::1'],
  ...['::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1', 'ff02::1', 'a name'],
])('%s is not public', (address) => {
  expect(isPublic(address)).toBe(false);
});

it.each([...['https://hooks.example.org/a?b=c', 'http://93.184.216.34:8080/', 'https://[2606:4700::1111]/x']])(
  'an address may be %s',
  (text) => {
    expect(checkedUrl(text, false).href).toBe(text);
  },
);

it.each([
  ...['hooks.example.org', 'ftp://example.org/', 'https://user:pass@example.org/', 'https://example.org/#x', ''],
  ...['http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://[::1]/', 'http://[::ffff:10.0.0.1]/'],
  ...['http://localhost:3000/', 'http://api.localhost/', 'http://printer.local/', 'http://metadata.google.internal/'],
])('an address may not be %s', (text) => {
  expect(() => checkedUrl(text, false)).toThrow(expect.objectContaining({ code: 'WEBHOOK_URL_REFUSED' }));
});

it('private ones are allowed where that is set', () => {
  expect(checkedUrl('http://127.0.0.1:3000/', true).hostname).toBe('127.0.0.1');
  expect(() => checkedUrl('file:///etc/passwd', true)).toThrow('whole address');
});

it.each([true, false])('a name that leads to this machine is refused when it is looked up (all: %s)', async (all) => {
  const error = await new Promise((resolve) => {
    publicLookup('localhost', { all }, (failure: Error | null) => resolve(failure));
  });
  expect(error).toMatchObject({ code: 'ADDRESS_REFUSED' });
});
