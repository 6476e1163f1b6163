/** What of a run is shown: neither hidden text nor the codes of fields are. */
export class RunState {
  /** Open fields, the innermost last: whether their code or their result is being read. */
  private readonly inCode: boolean[] = [];
  private codes = 0;
  private hidden = false;

  get isShown(): boolean {
    return !this.hidden && this.codes === 0;
  }

  /** The code of a field is being read. */
  get isInCode(): boolean {
    return this.codes > 0;
  }

  /** @param hidden as styles say; the run's own properties come next */
  openRun(hidden: boolean): void {
    this.hidden = hidden;
  }

  setHidden(hidden: boolean): void {
    this.hidden = hidden;
  }

  /** `{ code | result }`: fields nest in both parts, and may go on over paragraphs. */
  fieldCharacter(type: string): void {
    if (type === 'begin') {
      this.inCode.push(true);
      this.codes += 1;
    } else if (type === 'separate') {
      if (this.inCode.at(-1) !== true) return;
      this.inCode[this.inCode.length - 1] = false;
      this.codes -= 1;
    } else if (type === 'end' && this.inCode.pop() === true) this.codes -= 1;
  }
}
