import { CONNECTION_OPTIONS, type CommandDefinition, type ParsedCommandLine } from '../command-line';
import { connect } from '../connection';
import type { Io } from '../terminal';
import { printable } from '../text-layout';

export const alertsDefinition: CommandDefinition = {
  name: 'alerts',
  summary: 'Sends a test alert and tells what its receiver said. Needs a key with the scope admin.',
  usage: ['alerts -- test [--json]'],
  options: {
    json: { description: "print the server's answer as JSON" },
    ...CONNECTION_OPTIONS,
  },
  notes: [
    'The server posts it to ALERT_WEBHOOK_URL, once and at once. The exit code is 0 when the receiver took it, else 1.',
  ],
};

const EXIT_NOT_DELIVERED = 1;

export async function runAlerts(line: ParsedCommandLine, io: Io): Promise<number> {
  const [name, ...more] = line.positionals;
  if (name === undefined) throw line.error('say what to do: test');
  if (name !== 'test') throw line.error(`there is no "${name}"; say test`);
  if (more.length > 0) throw line.error('there are words too many after "test"');
  const client = await connect(line, io);
  const report = await client.sendTestAlert(io.interrupt);
  const { delivered, channel, host, status, latencyMs, detail } = report;
  if (line.flag('json')) {
    io.stdout.write(`${JSON.stringify({ ...report, detail: printable(detail) }, null, 2)}\n`);
    return delivered ? 0 : EXIT_NOT_DELIVERED;
  }
  const receiver = host === null ? '' : `${printable(host)} (${printable(channel ?? 'unknown')}) `;
  const answered = status === null ? '' : `answered ${status} after ${latencyMs} ms: `;
  const said = `${receiver}${answered}${printable(detail)}`.replace(/: $/, '');
  if (delivered) io.stdout.write(`The test alert was taken. ${said}\n`);
  else io.stderr.write(`The test alert was not delivered. ${said}\n`);
  return delivered ? 0 : EXIT_NOT_DELIVERED;
}
