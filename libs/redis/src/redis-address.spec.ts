import { parseRedisUrl } from './redis-address';
import { FailoverConnector } from './sentinel-connector';

describe('parseRedisUrl', () => {
  it.each([
    ['redis://box', { host: 'box', port: 6379 }, 'box:6379'],
    ['redis://box:7000/3', { host: 'box', port: 7000, db: 3 }, 'box:7000'],
    ['redis://:p%40ss%2Fword@box:1', { host: 'box', port: 1, password: 'p@ss/word' }, 'box:1'],
    ['redis://user:secret@box/', { host: 'box', port: 6379, username: 'user', password: 'secret' }, 'box:6379'],
    ['redis://[::1]:6380', { host: '::1', port: 6380 }, '[::1]:6380'],
    ['rediss://box', { host: 'box', port: 6379, tls: { servername: 'box' } }, 'box:6379'],
    [
      'redis+sentinel://:p%40ss@one:26379,two/main',
      {
        sentinels: [
          { host: 'one', port: 26_379 },
          { host: 'two', port: 26_379 },
        ],
        name: 'main',
        password: 'p@ss',
        failoverDetector: true,
        Connector: FailoverConnector,
      },
      'main of one:26379,two',
    ],
    [
      'rediss+sentinel://[::1]:7/main/2?sentinelPassword=a%2Fb&sentinelUsername=watcher',
      {
        sentinels: [{ host: '::1', port: 7 }],
        name: 'main',
        db: 2,
        sentinelUsername: 'watcher',
        sentinelPassword: 'a/b',
        tls: {},
        enableTLSForSentinelMode: true,
        failoverDetector: true,
        Connector: FailoverConnector,
      },
      'main of [::1]:7',
    ],
  ])('%s', (text, connection, label) => {
    expect(parseRedisUrl(text)).toEqual({ connection, label });
  });

  it.each([
    'redis://:hunter2@',
    'redis://:hunter2@box:99999',
    'redis://:hunter2@box/jobs',
    'redis://:hunter2@box?tls=true',
    'redis://:hunter2@box/0?family=6',
    'redis+sentinel://:hunter2@one,two',
    'redis+sentinel://:hunter2@one,,two/main',
    'redis+sentinel://:hunter2@one,two/main/jobs',
    'redis+sentinel://:hunter2@one/main?tls=true',
  ])('refuses %s without repeating it', (text) => {
    let message = '';
    try {
      parseRedisUrl(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('REDIS_URL');
    expect(message).not.toContain('hunter2');
  });
});
