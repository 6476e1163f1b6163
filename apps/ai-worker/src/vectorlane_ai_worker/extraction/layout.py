"""From pages of lines and tables to the one text with its blocks; the same for digital and for recognised pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .assembly import Assembly, Draft
from .lines import Line
from .paragraphs import Paragraph, join_lines, mark_headings, without_furniture
from .schema import ExtractedDocument, Format, Page
from .tables import Table, table_drafts

#: Heights of recognised lines vary with the letters in them.
_LARGER_IN_PICTURES = 1.4
_LARGER_IN_TYPE = 1.15


@dataclass(slots=True)
class PageContent:
    page: Page
    lines: list[Line] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def compose(
    format_: Format, contents: Sequence[PageContent], outline_levels: dict[int, int] | None = None
) -> ExtractedDocument | None:
    """None when there is no text at all. Raises `TOO_LARGE`."""
    assembly = Assembly()
    paragraphs = [
        *_paragraphs([content for content in contents if not content.page.ocr], outline_levels or {}, _LARGER_IN_TYPE),
        *_paragraphs([content for content in contents if content.page.ocr], {}, _LARGER_IN_PICTURES),
    ]
    by_page: dict[int, list[Paragraph]] = {}
    for paragraph in paragraphs:
        by_page.setdefault(paragraph.page, []).append(paragraph)
    for content in contents:
        for draft in _page_drafts(by_page.get(content.page.page, []), content):
            assembly.add(draft)
    if not assembly.blocks:
        return None
    pages = [content.page for content in contents]
    return ExtractedDocument(
        format=format_,
        text=assembly.text,
        blocks=assembly.blocks,
        pages=pages,
        ocr=any(page.ocr for page in pages),
    )


def _paragraphs(contents: list[PageContent], outline_levels: dict[int, int], larger: float) -> list[Paragraph]:
    paragraphs = join_lines(without_furniture([content.lines for content in contents]), outline_levels)
    mark_headings(paragraphs, larger)
    return paragraphs


def _page_drafts(paragraphs: list[Paragraph], content: PageContent) -> list[Draft]:
    """A table stands before the first paragraph that begins below its upper edge."""
    drafts: list[Draft] = []
    waiting = sorted(content.tables, key=lambda table: -table.top)
    for paragraph in paragraphs:
        while waiting and waiting[0].top >= paragraph.y:
            drafts.extend(table_drafts(waiting.pop(0), content.page.page))
        drafts.append(_draft(paragraph))
    for table in waiting:
        drafts.extend(table_drafts(table, content.page.page))
    return drafts


def _draft(paragraph: Paragraph) -> Draft:
    if paragraph.level is not None:
        return Draft("heading", " ".join(paragraph.text.split()), paragraph.page, level=paragraph.level)
    return Draft("list-item" if paragraph.is_item else "paragraph", paragraph.text, paragraph.page)
