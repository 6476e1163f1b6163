// Signs of life of a step that takes long.

/** On a terminal one line counts the seconds; elsewhere a line is added now and then. */
const TERMINAL_EVERY_MS = 1_000;
const LOG_EVERY_MS = 10_000;

/**
 * @param {string} title
 * @param {{ isTerminal: boolean, say: (text: string) => void }} output
 * @returns {{ seconds: () => string, stop: () => void }}
 */
export function startTicker(title, { isTerminal, say }) {
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  say(`${title} …${isTerminal ? '' : '\n'}`);
  const timer = isTerminal
    ? setInterval(() => say(`\r${title} … ${seconds()} `), TERMINAL_EVERY_MS)
    : setInterval(() => say(`${title} … ${seconds()}\n`), LOG_EVERY_MS);
  return { seconds, stop: () => clearInterval(timer) };
}
