// What the run saw, line by line as it happens and as one table at the end.
export class Report {
  #rows = [];
  #images = [];

  constructor(engine) {
    this.engine = engine;
    this.startedAt = new Date();
  }

  get ok() {
    return this.#rows.length > 0 && this.#rows.every(({ ok }) => ok);
  }

  image(name, origin) {
    this.#images.push({ name, origin });
    process.stdout.write(`image ${name}: ${origin}\n`);
  }

  /** @param {boolean} ok whether what was seen is what is wanted */
  row(what, wanted, seen, ok) {
    this.#rows.push({ what, wanted, seen, ok });
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${seen}${ok ? '' : ` (wanted: ${wanted})`}\n`);
  }

  failed(what, error) {
    this.row(
      what,
      'ends',
      String(error?.message ?? error)
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(-6)
        .join(' ⏎ '),
      false,
    );
    process.stderr.write(`${error?.stack ?? error}\n`);
  }

  table() {
    const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
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
