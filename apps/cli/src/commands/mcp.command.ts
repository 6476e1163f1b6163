import { CONNECTION_OPTIONS, type CommandDefinition, type ParsedCommandLine } from '../command-line';
import { serverOf } from '../connection';
import { StdioBridge } from '../stdio-bridge';
import type { Io } from '../terminal';

export const mcpDefinition: CommandDefinition = {
  name: 'mcp',
  summary: 'Prints how agents connect to the service (MCP), or speaks to one over standard input and output.',
  usage: ['mcp', '-s mcp -- --stdio'],
  options: {
    stdio: { description: 'be a server over standard input and output, in front of the running service' },
    ...CONNECTION_OPTIONS,
  },
  notes: [
    'The configuration names the variable VECTORLANE_API_KEY and never prints a key. Over standard input and output the ' +
      'key is found as by every other command.',
  ],
};

export async function runMcp(line: ParsedCommandLine, io: Io): Promise<number> {
  if (line.positionals.length > 0) throw line.error(`there are words too many: "${line.positionals[0]}"`);
  const server = await serverOf(line, io);
  if (!line.flag('stdio')) {
    io.stdout.write(configurations(server.url));
    return 0;
  }
  await new StdioBridge(server, (problem) => io.stderr.write(`${problem}\n`)).serve(io.interrupt);
  return 0;
}

const KEY = '${VECTORLANE_API_KEY}';

function configurations(url: string): string {
  const http = { type: 'http', url: `${url}/mcp`, headers: { Authorization: `Bearer ${KEY}` } };
  // The script that runs this, by its whole path.
  const [, script = 'scripts/cli.mjs'] = process.argv;
  const stdio = { command: 'node', args: [script, 'mcp', '--stdio'], env: { VECTORLANE_URL: url } };
  const asJson = (server: object): string => JSON.stringify({ mcpServers: { vectorlane: server } }, null, 2);
  return [
    'Claude Code:',
    `claude mcp add --transport http vectorlane ${url}/mcp --header "Authorization: Bearer $VECTORLANE_API_KEY"`,
    '',
    'Clients that take an address (Cursor, VS Code under "servers", ...):',
    asJson(http),
    '',
    'Clients that start a program (Claude Desktop, ...); the key is that of this folder, or VECTORLANE_API_KEY in "env":',
    asJson(stdio),
    '',
  ].join('\n');
}
