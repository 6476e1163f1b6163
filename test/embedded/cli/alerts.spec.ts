import { StandInApi } from '../../support/stand-in-api';
import { environmentFor, runCli, type CliRun } from './run-cli';

const ROUTE = /^\/api\/admin\/alerts\/test$/;

let api: StandInApi;
beforeEach(async () => {
  api = await StandInApi.start();
});
afterEach(() => api.close());

const alerts = (...args: string[]): Promise<CliRun> =>
  runCli(['alerts', ...args], { environment: environmentFor(api) });

const answer = (report: object, status = 200): void => {
  const body = { delivered: true, channel: 'slack', host: 'hooks.slack.com', status: 200, latencyMs: 87, detail: 'ok' };
  api.misbehave('POST', ROUTE, { kind: 'answer', status, body: JSON.stringify({ ...body, ...report }) });
};

describe('alerts test', () => {
  it('tells that the receiver took it', async () => {
    answer({});
    expect(await alerts('test')).toMatchObject({
      exitCode: 0,
      stdout: 'The test alert was taken. hooks.slack.com (slack) answered 200 after 87 ms: ok\n',
      stderr: '',
    });
  });

  it('fails when the receiver did not, and says why, harmless to the terminal', async () => {
    answer({ delivered: false, status: 404, detail: 'no_service\u001b[31m\u009b' });
    expect(await alerts('test')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr:
        'The test alert was not delivered. hooks.slack.com (slack) answered 404 after 87 ms: no_service\ufffd[31m\ufffd\n',
    });
    answer({
      delivered: false,
      channel: null,
      host: null,
      status: null,
      latencyMs: 0,
      detail: 'No webhook is configured.',
    });
    expect((await alerts('test')).stderr).toBe('The test alert was not delivered. No webhook is configured.\n');
  });

  it('prints JSON for programs', async () => {
    answer({ delivered: false, detail: 'no' });
    const run = await alerts('test', '--json');
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ delivered: false, host: 'hooks.slack.com', detail: 'no' });
  });

  it('is not repeated: nobody should be told twice', async () => {
    api.misbehave('POST', ROUTE, { kind: 'drop' });
    expect((await alerts('test')).exitCode).toBe(1);
    expect(api.count('POST', ROUTE)).toBe(1);
  });

  it.each([[[]], [['tset']], [['test', 'now']]])('wants to be told what to do: %j', async (args) => {
    expect(await alerts(...args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('npm run alerts') });
    expect(api.requests).toEqual([]);
  });
});
