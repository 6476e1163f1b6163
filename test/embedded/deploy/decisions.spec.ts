import { join } from 'node:path';
import { KNOWN_MIGRATIONS } from '@vectorlane/database';
import { ROOT } from '../../support/compose-file';
import type { Untyped } from '../../support/test-app';

const decide = jest.requireActual<Untyped>(join(ROOT, 'scripts/deploy/decisions.mjs'));
const line = jest.requireActual<Untyped>(join(ROOT, 'scripts/deploy/command-line.mjs'));

const strong = (letter: string): string => `${letter}0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b`;

describe('the command line', () => {
  const all = Object.keys(line.STEPS);

  it('runs every step in the order of the diagram when nothing is said', () => {
    const { steps } = line.parseCommandLine([]);
    expect(steps).toEqual(all);
    const stages = [...new Set(all.map((step) => step.split('.')[0]))];
    expect(stages).toEqual(['preflight', 'build', 'verify', 'monitoring', 'traffic']);
  });

  it.each([
    [['--only', 'preflight'], all.slice(0, 7)],
    [
      ['--only', 'traffic.watch,verify.ready'],
      ['verify.ready', 'traffic.watch'],
    ],
    [
      ['--only', 'verify', '--skip', 'verify.health'],
      ['verify.services', 'verify.ready'],
    ],
    [['--skip', 'preflight', '--skip', 'build,verify,monitoring'], all.slice(-3)],
  ])('%j selects whole stages and single steps', (argv, steps) => {
    expect(line.parseCommandLine(argv).steps).toEqual(steps);
  });

  it.each(all)('%s can be left out', (step) => {
    expect(line.parseCommandLine(['--skip', step]).steps).toEqual(all.filter((name) => name !== step));
  });

  it.each([
    [['--skip', 'preflite'], 'there is no step "preflite"'],
    [['--only', 'verify', '--skip', 'verify'], 'no step is left'],
    [['--watch-seconds', 'soon'], '--watch-seconds is a number'],
    [['--max-error-ratio', '2'], '--max-error-ratio is a number'],
    [['--public-url', 'http://api.example.org'], 'begins with https://'],
    [['now'], 'positional'],
    [['--wait'], '--wait'],
  ])('%j is wrong usage', (argv, why) => {
    expect(() => line.parseCommandLine(argv)).toThrow(why);
  });

  it('watches for five minutes unless told otherwise, and its help names every step and option', () => {
    expect(line.parseCommandLine([]).watchSeconds).toBe(300);
    for (const word of [...all, '--only', '--skip', '--watch-seconds', '--waive-tls'])
      expect(line.helpText()).toContain(word);
    expect(line.parseCommandLine(['--help', '--only', 'verify'])).toEqual({ help: true });
  });
});

describe('preflight', () => {
  const services = {
    backend: {
      environment: {
        REQUIRE_SECRETS: 'METRICS_TOKEN AI_WORKER_TOKEN',
        METRICS_TOKEN: strong('m'),
        AI_WORKER_TOKEN: strong('w'),
      },
    },
    prometheus: { environment: { REQUIRE_SECRETS: 'METRICS_TOKEN', METRICS_TOKEN: strong('m') } },
    loki: {},
  };

  it('knows the secrets that the services check', () => {
    expect(decide.secretsOf(services)).toEqual({ METRICS_TOKEN: strong('m'), AI_WORKER_TOKEN: strong('w') });
    expect(decide.checkSecrets(decide.secretsOf(services), [], 0o100600)).toContain('2 secrets');
  });

  it.each([
    [
      'a weak one',
      {},
      ['Refusing to start: REDIS_PASSWORD is empty. Set it in .env.'],
      0o100600,
      'REDIS_PASSWORD is empty',
    ],
    [
      'one used twice',
      { METRICS_TOKEN: strong('m'), REDIS_PASSWORD: strong('m') },
      [],
      0o100600,
      'REDIS_PASSWORD is the same as METRICS_TOKEN',
    ],
    [
      'a short token',
      { AI_WORKER_TOKEN: 'a1b2c3d4e5f6a7b8c9d0e1f2' },
      [],
      0o100600,
      'AI_WORKER_TOKEN is shorter than 32',
    ],
    ['a file that others read', { METRICS_TOKEN: strong('m') }, [], 0o100640, 'chmod 600'],
  ])('refuses %s, and quotes no secret', (_, secrets: Record<string, string>, refused, mode, why) => {
    const check = (): unknown => decide.checkSecrets(secrets, refused, mode);
    expect(check).toThrow(why);
    for (const value of Object.values(secrets)) expect(check).not.toThrow(value);
  });

  it('refuses `*` and what is no origin', () => {
    expect(decide.checkCors('')).toContain('no web page');
    expect(decide.checkCors('https://a.example.org, http://localhost:8080')).toContain('2 origins');
    for (const origin of [
      '*',
      'https://*.example.org',
      'https://a.example.org,*',
      'https://a.example.org/',
      'a.example.org',
    ])
      expect(() => decide.checkCors(origin)).toThrow('CORS_ORIGIN');
  });

  it('wants TLS in front with a certificate that lasts and clients told apart, or a reason', () => {
    const publicUrl = new URL('https://api.example.org');
    const seen = { publicUrl, trustProxy: '1', hasProxy: false, daysLeft: 60 };
    expect(decide.checkTls(seen)).toContain('60 days');
    expect(decide.checkTls({ ...seen, trustProxy: '10.0.0.0/8', hasProxy: true })).toContain('10.0.0.0/8');
    expect(decide.checkTls({ ...seen, publicUrl: undefined, waived: 'inside a VPN' })).toContain('inside a VPN');
    expect(() => decide.checkTls({ ...seen, publicUrl: undefined, waived: ' ' })).toThrow('plain HTTP');
    expect(() => decide.checkTls({ ...seen, daysLeft: 13.9 })).toThrow('ends in 13 days');
    expect(() => decide.checkTls({ ...seen, trustProxy: '' })).toThrow('TRUST_PROXY is empty');
    expect(() => decide.checkTls({ ...seen, hasProxy: true })).toThrow('Set it to 2');
  });

  it.each([
    [{ docker: '20.10.24+dfsg1', compose: 'v2.26.1' }, 'Docker 20.10.24+dfsg1, Compose 2.26.1'],
    [{ docker: '28.0.1', compose: '2.26.1-4' }, 'Docker 28.0.1'],
  ])('takes %j', (versions, said) => expect(decide.checkVersions(versions)).toContain(said));

  it.each([
    [{ docker: '19.03.1', compose: '2.26.1' }, 'Docker 19.03.1 is too old'],
    [{ docker: '24.0.0', compose: '2.19.9' }, 'Compose 2.19.9 is too old'],
    [{ docker: '24.0.0', compose: '' }, 'Compose ? is too old'],
  ])('refuses %j', (versions, why) => expect(() => decide.checkVersions(versions)).toThrow(why));

  it('wants space everywhere', () => {
    const places = [
      { place: '/var/lib/docker', freeBytes: 9e9, neededBytes: 5e9 },
      { place: '/backups', freeBytes: 4.9e9, neededBytes: 5e9 },
    ];
    expect(() => decide.checkDisk(places)).toThrow('/backups has 4.9 GB free, 5.0 GB are wanted');
    expect(decide.checkDisk(places.slice(0, 1))).toBe('9.0 GB free in /var/lib/docker');
  });

  it('says which migrations are pending, and refuses to go behind a newer program', () => {
    const [first, ...others] = KNOWN_MIGRATIONS;
    expect(decide.checkMigrations(KNOWN_MIGRATIONS, [first])).toMatchObject({ pending: others });
    expect(decide.checkMigrations(KNOWN_MIGRATIONS, KNOWN_MIGRATIONS).line).toContain('none pending');
    expect(decide.checkMigrations(KNOWN_MIGRATIONS, undefined)).toMatchObject({ pending: KNOWN_MIGRATIONS });
    expect(() => decide.checkMigrations(KNOWN_MIGRATIONS, [...KNOWN_MIGRATIONS, 'Newer9'])).toThrow('Newer9');
  });

  it('reads the migrations of the sources as the program knows them', () => {
    const { knownMigrations } = jest.requireActual<Untyped>(join(ROOT, 'scripts/deploy/preflight.mjs'));
    expect(knownMigrations()).toEqual(KNOWN_MIGRATIONS);
  });

  it('takes a dump for one only with the tables in it', () => {
    const listing = ['documents', 'chunks', 'migrations'].map(
      (name, index) => `${4000 + index}; 0 16${index} TABLE DATA public ${name} vectorlane`,
    );
    expect(decide.checkDump([';', '; Archive created', ...listing].join('\n'))).toBe(3);
    expect(() => decide.checkDump(listing.slice(1).join('\n'))).toThrow('documents');
    expect(() => decide.checkDump('4000; 1259 16 TABLE public documents vectorlane')).toThrow('documents');
  });
});

describe('verify', () => {
  it('wants every service of the active profiles healthy', () => {
    const seen = [
      { Service: 'backend', State: 'running', Health: 'healthy' },
      { Service: 'redis', State: 'running', Health: 'starting' },
      { Service: 'postgres', State: 'exited', Health: '' },
    ];
    expect(decide.checkServices(['backend'], seen)).toContain('backend');
    expect(() => decide.checkServices(['backend', 'redis', 'postgres', 'loki'], seen)).toThrow(
      'redis is starting, postgres is exited, loki is not there',
    );
  });

  it('reads what Prometheus and the programs say', () => {
    const up = [
      'up{instance="172.18.0.5:3000", job="backend"} => 1 @[1764]',
      'up{instance="a", job="ai-worker"} => 0 @[1764]',
    ].join('\n');
    expect(decide.parseUp(up)).toEqual([
      { job: 'backend', up: true },
      { job: 'ai-worker', up: false },
    ]);
    const metrics = [
      '# TYPE http_requests_total counter',
      'http_requests_total{method="GET",path="/api/documents",status="200"} 90',
      'http_requests_total{method="POST",path="/api/search",status="503"} 7',
      'http_requests_total{method="POST",path="/api/search",status="429"} 3',
    ].join('\n');
    expect(decide.countRequests(metrics)).toEqual({ requests: 100, errors: 7 });
  });
});

describe('traffic', () => {
  const rotation = (first: string, second: string): unknown =>
    decide.parseRotation(`backend ${first} 3 L7OK\nbackend-2 ${second} 0 L7OK\n`);

  it.each([
    ['UP', 'UP', 'backend', 'backend-2'],
    ['UP', 'DRAIN', 'backend', 'backend-2'],
    ['UP', 'DOWN', 'backend', 'backend-2'],
    ['DRAIN', 'UP', 'backend-2', 'backend'],
  ])('with %s and %s %s serves while %s is recreated', (first, second, serving, candidate) => {
    expect(decide.rolesIn(rotation(first, second))).toEqual({ serving, candidate });
  });

  it('touches nobody while nobody serves, or there is no second one', () => {
    expect(() => decide.rolesIn(rotation('DOWN', 'DRAIN'))).toThrow('no backend is in rotation');
    expect(() => decide.rolesIn(decide.parseRotation('backend UP 0 L7OK'))).toThrow('needs two');
  });

  const sample = (requests: number, errors: number, ready = true): unknown => ({ requests, errors, ready });
  const watched = (...samples: unknown[]): Untyped => decide.judgeTraffic(samples, 0.01);

  it.each([
    ['nothing happens', [sample(500, 40), sample(500, 40)]],
    ['old failures were there before', [sample(500, 400), sample(900, 402)]],
    ['two failures of few', [sample(0, 0), sample(4, 2)]],
    ['one per cent and no more', [sample(0, 0), sample(1000, 10)]],
    ['/ready missed once', [sample(0, 0), sample(10, 0, false), sample(20, 0)]],
    ['the counters begin again', [sample(1000, 5), sample(10, 0), sample(400, 2)]],
  ])('goes on when %s', (_, samples) => {
    expect(watched(...samples)).not.toHaveProperty('breach');
  });

  it.each([
    ['answers fail', [sample(100, 0), sample(200, 3)], '3 of 100 answers were 5xx (3.00 %, allowed 1.00 %)'],
    ['answers fail bit by bit', [sample(0, 0), sample(50, 1), sample(100, 2), sample(150, 3)], '3 of 150'],
    ['answers fail after the counters began again', [sample(9000, 0), sample(100, 50)], '50 of 100'],
    [
      '/ready fails twice in a row',
      [sample(0, 0), sample(0, 0, false), sample(0, 0, false)],
      '/ready failed 2 times in a row',
    ],
  ])('is a breach when %s', (_, samples, breach) => {
    expect(watched(...samples).breach).toContain(breach);
  });

  it('counts what it saw', () => {
    expect(watched(sample(10, 1), sample(110, 1), sample(210, 2, false))).toEqual({
      requests: 200,
      errors: 1,
      ratio: 0.005,
      ready: 2,
    });
  });
});
