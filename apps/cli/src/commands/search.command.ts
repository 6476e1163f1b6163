import { loadClientSettings } from '@vectorlane/config';
import { placeInWords, SearchMode } from '@vectorlane/domain';
import type { SearchAnswer } from '../api-schemas';
import { CONNECTION_OPTIONS, type CommandDefinition, type ParsedCommandLine } from '../command-line';
import { connect } from '../connection';
import type { Io } from '../terminal';
import { asJson, highlighter, printable, style, wrap } from '../text-layout';

export const searchDefinition: CommandDefinition = {
  name: 'search',
  summary: 'Prints the passages that answer best, best first.',
  usage: [`search -- "words or a question" [--top 5] [--mode ${SearchMode.options.join('|')}] [--json]`],
  options: {
    top: { value: 'N', description: 'passages at most, 1 to 100 (5)' },
    mode: { value: 'MODE', description: 'hybrid (both), vector (meaning) or keyword (words) (hybrid)' },
    filter: {
      value: 'JSON',
      description: `narrows the search, such as '{"format":["md"],"metadata":{"year":{"gte":2020}}}'`,
    },
    json: { description: "print the server's answer as JSON" },
    ...CONNECTION_OPTIONS,
  },
  notes: ['Scores compare within one answer only. Finding nothing is no failure: the exit code is 0.'],
};

const INDENT = '   ';
const MIN_WIDTH = 20;

export async function runSearch(line: ParsedCommandLine, io: Io): Promise<number> {
  const query = line.positionals.join(' ').trim();
  if (query === '') throw line.error('say what to search for');
  const filter = line.jsonObject('filter');
  const request = {
    query,
    topK: line.integer('top', { min: 1, max: 100, default: 5 }),
    mode: line.choice('mode', SearchMode.options, 'hybrid'),
    ...(filter === undefined ? {} : { filter }),
  };
  const client = await connect(line, io, (waitMs, reason) =>
    io.stderr.write(`Waiting ${Math.ceil(waitMs / 1_000)} s for the server (${printable(reason)}).\n`),
  );
  const answer = await client.search(request, io.interrupt);
  if (line.flag('json')) {
    io.stdout.write(asJson(answer));
    return 0;
  }
  io.stdout.write(renderAnswer(answer, query, io));
  return 0;
}

function renderAnswer({ results, tookMs }: SearchAnswer, query: string, io: Io): string {
  const took = `took ${Math.round(tookMs)} ms\n`;
  if (results.length === 0) return `nothing found, ${took}`;
  const color = io.stdout.isTTY === true && loadClientSettings(io.environment).color;
  const width = Math.max(MIN_WIDTH, (io.stdout.columns ?? 80) - INDENT.length);
  const highlight = highlighter(query, color);
  const passages = results.map((result, index) => {
    const { score, content, metadata } = result;
    const title = `${index + 1}. ${style(printable(metadata.filename), 'bold', color)}`;
    const place = style(printable(whereabouts(result)), 'dim', color);
    const text = wrap(content, width).map((textLine) => (textLine === '' ? '' : INDENT + highlight(textLine)));
    return [`${title}  score ${score.toFixed(3)}`, `${INDENT}${place}`, ...text].join('\n');
  });
  return `${passages.join('\n\n')}\n\n${took}`;
}

function whereabouts({ place, metadata: { charStart, charEnd } }: SearchAnswer['results'][number]): string {
  return [...placeInWords(place), `characters ${charStart}-${charEnd}`].join(' · ');
}
