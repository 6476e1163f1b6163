// What clients do meanwhile: searches by words, lists and now and then an upload, one after the other on eight lines;
// and on one more a search by meaning each second, counted apart: it needs the AI worker, of which there is one.
const LINES = 8;
const PAUSE_MS = 40;
const UPLOAD_EVERY = 100;
const MEANING_PAUSE_MS = 1_000;

/** @param {import('./stack.mjs').Stack} stack */
export function startLoad(stack) {
  let running = true;
  let sent = 0;
  let failed = 0;
  const kinds = new Map();
  /** @param {number} turn @param {number} index */
  const request = (turn, index) => {
    if (turn % UPLOAD_EVERY === index) {
      const text = `A note of line ${index}, turn ${turn}, at ${Date.now()}.`;
      return stack.call('/api/documents/text', { body: { text, filename: 'load.txt' } });
    }
    if (turn % 4 === 0) return stack.call('/api/search', { body: { query: 'fishing boats', mode: 'keyword' } });
    return stack.call('/api/documents?limit=5');
  };
  /** @param {number} index */
  const line = async (index) => {
    for (let turn = index; running; turn += 1) {
      const { status, body } = await request(turn, index);
      sent += 1;
      if (status !== 200 && status !== 202) {
        failed += 1;
        const kind = `${status} ${body?.code ?? JSON.stringify(body ?? null).slice(0, 40)}`;
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const meaning = { sent: 0, unavailable: 0, failed: 0 };
  const byMeaning = async () => {
    while (running) {
      const { status, body } = await stack.call('/api/search', {
        body: { query: 'When do the boats leave?', mode: 'vector' },
      });
      meaning.sent += 1;
      if (body?.code === 'EMBEDDING_UNAVAILABLE') meaning.unavailable += 1;
      else if (status !== 200) meaning.failed += 1;
      await new Promise((resolve) => setTimeout(resolve, MEANING_PAUSE_MS));
    }
  };
  const lines = Array.from({ length: LINES }, (_, index) => line(index)).concat(byMeaning());
  return {
    async stop() {
      running = false;
      await Promise.all(lines);
      return { sent, failed, meaning, kinds: [...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ') };
    },
  };
}
