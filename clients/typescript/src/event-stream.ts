/** One event of a stream (HTML, “Server-sent events”). */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly type: string;
  readonly data: string;
}

/** Reads a `text/event-stream` piece by piece; a piece may end anywhere, between `\r` and `\n` too. */
export class EventStreamParser {
  private rest = '';
  private id: string | undefined;
  private type = '';
  private data: string[] = [];

  /** @returns the events that this piece completes */
  push(piece: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    // A `\r` at the end may be half of a line end.
    const text = this.rest + piece;
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\r|\n/);
    this.rest = (lines.pop() ?? '') + text.slice(whole.length);
    for (const line of lines) {
      if (line !== '') {
        this.take(line);
        continue;
      }
      if (this.data.length > 0) {
        events.push({ id: this.id, type: this.type === '' ? 'message' : this.type, data: this.data.join('\n') });
      }
      this.type = '';
      this.data = [];
    }
    return events;
  }

  private take(line: string): void {
    const colon = line.indexOf(':');
    // A comment: a sign of life.
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.type = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.id = value;
  }
}
