/**
 * The vocabulary as a trie over UTF-16 code units, in flat typed arrays: finding the longest piece at a position is a
 * path of at most the longest piece's length, with no substring made and nothing cached, whatever the text is.
 */
export class VocabularyTrie {
  /** Root for pieces that begin a word. */
  static readonly WORD_START = 0;
  /** Root for pieces that continue one, their prefix (`##`) taken off. */
  static readonly CONTINUATION = 1;

  /**
   * Open addressing, three numbers a slot: node, code unit, child; a child of 0 marks a free slot (no edge leads to a
   * root).
   */
  private readonly edges: Int32Array;
  private readonly mask: number;
  /** Id of the piece that ends in a node, -1 where none does. */
  private readonly ids: Int32Array;
  private nodes = 2;

  constructor(vocabulary: ReadonlyMap<string, number>, continuationPrefix: string) {
    let units = 2;
    for (const piece of vocabulary.keys()) units += piece.length;
    // At most half full, so that a probe ends soon.
    const slots = 2 ** Math.ceil(Math.log2(units * 2));
    this.mask = slots - 1;
    this.edges = new Int32Array(slots * 3);
    const ids = new Int32Array(units).fill(-1);
    for (const [piece, id] of vocabulary) {
      const continues = piece.length > continuationPrefix.length && piece.startsWith(continuationPrefix);
      let node = continues ? VocabularyTrie.CONTINUATION : VocabularyTrie.WORD_START;
      for (let at = continues ? continuationPrefix.length : 0; at < piece.length; at += 1) {
        node = this.stepOrAdd(node, piece.charCodeAt(at));
      }
      ids[node] = id;
    }
    this.ids = ids.slice(0, this.nodes);
  }

  /** The node one code unit further, -1 when no piece goes on that way. */
  step(node: number, unit: number): number {
    const edges = this.edges;
    for (let slot = this.hash(node, unit); ; slot = (slot + 1) & this.mask) {
      const at = slot * 3;
      const child = edges[at + 2] as number;
      if (child === 0) return -1;
      if (edges[at] === node && edges[at + 1] === unit) return child;
    }
  }

  /** Id of the piece that ends at this node, -1 when none does. */
  idAt(node: number): number {
    return this.ids[node] as number;
  }

  private stepOrAdd(node: number, unit: number): number {
    const found = this.step(node, unit);
    if (found !== -1) return found;
    let slot = this.hash(node, unit);
    while (this.edges[slot * 3 + 2] !== 0) slot = (slot + 1) & this.mask;
    const child = this.nodes;
    this.nodes += 1;
    this.edges.set([node, unit, child], slot * 3);
    return child;
  }

  private hash(node: number, unit: number): number {
    const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.mask;
  }
}
