// What the run saw, line by line as it happens and as one table at the end.
export class Report {
  /** @type {{ what: string, wanted: string, seen: string, ok: boolean }[]} */
  #rows = [];
  /** @type {{ name: string, origin: string }[]} */
  #images = [];

  /** @param {import('./engine.mjs').Engine} engine */
  constructor(engine) {
    this.engine = engine;
    this.startedAt = new Date();
  }

  get ok() {
    return this.#rows.length > 0 && this.#rows.every(({ ok }) => ok);
  }

  /** @param {string} name @param {string} origin */
  image(name, origin) {
    this.#images.push({ name, origin });
    process.stdout.write(`image ${name}: ${origin}\n`);
  }

  /**
   * @param {string} what
   * @param {string} wanted
   * @param {string} seen
   * @param {boolean} ok whether what was seen is what is wanted
   */
  row(what, wanted, seen, ok) {
    this.#rows.push({ what, wanted, seen, ok });
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${seen}${ok ? '' : ` (wanted: ${wanted})`}\n`);
  }

  /** @param {string} what @param {unknown} error */
  failed(what, error) {
    this.row(
      what,
      'ends',
      (error instanceof Error ? error.message : String(error))
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(-6)
        .join(' ⏎ '),
      false,
    );
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  }

  table() {
    /** @param {string} text */
    const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
    /** @param {...string} cells */
    const line = (...cells) => `| ${cells.map(cell).join(' | ')} |`;
    return [
      `Run of ${this.startedAt.toISOString().slice(0, 16)}Z on ${this.engine.origin}.`,
      '',
      line('image', 'what it was'),
      line('---', '---'),
      ...this.#images.map(({ name, origin }) => line(`\`${name}\``, origin)),
      '',
      line('what was done', 'wanted', 'seen', ''),
      line('---', '---', '---', '---'),
      ...this.#rows.map(({ what, wanted, seen, ok }) => line(what, wanted, seen, ok ? '✓' : '✗')),
    ].join('\n');
  }
}
