import { type INestApplication, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import request from 'supertest';
import { Metrics } from './metrics';
import { MetricsModule } from './metrics.module';

const TOKEN = 'scrape-me-0123456789';
const opened: INestApplication[] = [];
beforeAll(() => Logger.overrideLogger(false));
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

const open = async (settings: Record<string, string> = {}): Promise<INestApplication> => {
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(loadConfig(settings)), MetricsModule.register({ version: '1.2.3', role: 'all' })],
  }).compile();
  const app = module.createNestApplication({ logger: false });
  opened.push(app);
  return app.init();
};

describe('GET /metrics', () => {
  it('answers in Prometheus’ text format, never from a cache, with what is built in', async () => {
    const app = await open();
    app.get(Metrics).chunksStored.inc(2);
    const answer = await request(app.getHttpServer()).get('/metrics').expect(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; .*version=0\.0\.4/);
    expect(answer.headers['content-type']).toContain('charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).toContain('\ningestion_chunks_stored_total 2\n');
    expect(answer.text).toContain(
      `vectorlane_build_info{version="1.2.3",node_version="${process.version}",profile="embedded",role="all"} 1\n`,
    );
  });

  it('serves several apps of one process, each with its own numbers', async () => {
    const [one, other] = [await open(), await open()];
    one.get(Metrics).chunksStored.inc(4);
    const texts = await Promise.all(
      [one, other].map(async (app) => (await request(app.getHttpServer()).get('/metrics').expect(200)).text),
    );
    expect(texts[0]).toContain('\ningestion_chunks_stored_total 4\n');
    expect(texts[1]).toContain('\ningestion_chunks_stored_total 0\n');
  });

  it('lets the holder of the token in', async () => {
    const app = await open({ METRICS_TOKEN: TOKEN });
    await request(app.getHttpServer()).get('/metrics').set('Authorization', `Bearer ${TOKEN}`).expect(200);
    await request(app.getHttpServer()).get('/metrics').set('Authorization', `bearer  ${TOKEN}`).expect(200);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
  ])('tells nobody else: %p', async (authorization) => {
    const app = await open({ METRICS_TOKEN: TOKEN });
    const call = request(app.getHttpServer()).get('/metrics');
    // What answers the refusal stands at the edge of the program; here it is any error.
    const answer = await (authorization === undefined ? call : call.set('Authorization', authorization));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain('# HELP');
  });

  it('refuses to start with a token that is too short, without showing it', () => {
    expect(() => loadConfig({ METRICS_TOKEN: 'short' })).toThrow(/METRICS_TOKEN has a bad value \(hidden\)/);
  });
});
