/**
 * Imported before anything else by the programs that run as process number one of a container. There a signal without a
 * listener is dropped, and loading all that follows takes a second or two: with these listeners it waits until the
 * event loop turns, and by then `ProcessEnd` (libs/shutdown) listens as well and ends the process in order. This file
 * imports nothing, so that it is there within the first milliseconds.
 */
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
