import type { DocxBlock } from './docx-blocks';
import type { DocxProperties } from './docx-flow';
import type { DocxNotes, NoteKind } from './docx-notes';
import { DocxStory } from './docx-story';
import type { XmlAttributes, XmlVisitor } from '../container/xml-reader';

/** The part of the footnotes or of the endnotes, one note after the other. */
export class DocxNoteReader implements XmlVisitor {
  private blocks: DocxBlock[] = [];
  private readonly story: DocxStory;
  private id = '';

  constructor(
    properties: DocxProperties,
    private readonly notes: DocxNotes,
    private readonly kind: NoteKind,
  ) {
    this.story = new DocxStory(properties, (block) => this.blocks.push(untitled(block)));
  }

  open(name: string, attributes: XmlAttributes): boolean | void {
    if (name !== `w:${this.kind}`) return this.story.open(name, attributes);
    // The others are the lines that separate notes from the text.
    if ((attributes.get('w:type') ?? 'normal') !== 'normal') return false;
    this.id = attributes.get('w:id') ?? '';
  }

  close(name: string): void {
    if (name !== `w:${this.kind}`) return this.story.close(name);
    this.story.finish();
    this.notes.add(this.kind, this.id, this.blocks);
    this.blocks = [];
  }

  text(text: string): void {
    this.story.text(text);
  }
}

function untitled(block: DocxBlock): DocxBlock {
  return block.kind === 'heading' ? { kind: 'paragraph', text: block.text, page: block.page } : block;
}
