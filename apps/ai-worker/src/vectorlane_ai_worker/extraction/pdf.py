"""PDF on PDFium: the text that is in the file, and recognition for pages that only show some."""

import ctypes
import re
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from .failures import ExtractionFailure, corrupt, too_large
from .layout import PageContent, compose
from .limits import ParserLimits
from .lines import Line, lines_of
from .ocr import Recogniser
from .page_text import PageText, read_page_text
from .rules import find_grids
from .schema import ExtractedDocument, Page
from .tables import grid_table, is_table, split_tables

#: Up to so many characters over a picture that fills the page are a stamp, and the picture is what is meant.
_STAMP_CHARACTERS = 80
_FILLING_SHARE = 0.5
#: So large a part of characters without a meaning makes the text useless.
_UNREADABLE_SHARE = 0.3
#: Letters drawn as shapes are many; a rule or a frame is none of them.
_MIN_DRAWN_PATHS = 50
_MAX_OBJECTS = 5_000
_MAX_OUTLINE = 5_000
_MAX_OUTLINE_DEPTH = 6


def extract_pdf(data: bytes, limits: ParserLimits, recogniser: Recogniser) -> ExtractedDocument:
    """Raises `ExtractionFailure` with the verdict on the file."""
    document = _open(data, limits)
    try:
        contents = list(_pages(document, limits, recogniser))
        damaged = [content.page.page for content in contents if content.page.problem == "damaged"]
        if 2 * len(damaged) > len(contents):
            raise corrupt(f"{len(damaged)} pages of this PDF are damaged, from page {damaged[0]} on. Export it anew.")
        composed = compose("pdf", contents, _outline_levels(document, contents))
        if composed is None:
            raise _verdict_without_text(contents, recogniser)
        return composed
    finally:
        document.close()


def _open(data: bytes, limits: ParserLimits) -> pypdfium2.PdfDocument:
    # Every complete file ends with the place of its table of objects; one that was cut off ends in the middle of them.
    if data.rfind(b"startxref") < data.rfind(b" obj"):
        raise corrupt("This PDF breaks off before its end. Upload the complete file.")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        # PDFium may still tell the error of the file before: the word in this one decides as well.
        is_protected = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY) and b"/Encrypt" in data
        if is_protected:
            raise ExtractionFailure(
                "PASSWORD_PROTECTED", "This PDF is protected by a password. Upload a copy without one."
            ) from None
        raise corrupt("This PDF cannot be read. Export it anew.") from None
    count = len(document)
    if count > limits.max_pages:
        document.close()
        raise too_large(f"This PDF has more than {limits.max_pages} pages. Split it into smaller files.")
    if count < 1:
        document.close()
        raise corrupt("This PDF has no pages.")
    return document


def _pages(document: pypdfium2.PdfDocument, limits: ParserLimits, recogniser: Recogniser) -> Iterator[PageContent]:
    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            yield PageContent(Page(page=index + 1, ocr=False, problem="damaged"))
            continue
        try:
            yield _page(page, index + 1, limits, recogniser)
        except pypdfium2.PdfiumError:
            yield PageContent(Page(page=index + 1, ocr=False, problem="damaged"))
        finally:
            page.close()


def _page(page: pypdfium2.PdfPage, number: int, limits: ParserLimits, recogniser: Recogniser) -> PageContent:
    text = _page_text(page)
    lines, tables = split_tables(_lines(text, number))
    tables += [grid_table(grid) for grid in text.grids]
    content = PageContent(Page(page=number, ocr=False), lines, tables)
    if not _wants_recognition(page, text):
        return content
    if not recogniser.available:
        content.page.problem = "needs-ocr"
        if text.unreadable > _UNREADABLE_SHARE * text.characters:
            content.lines, content.tables = [], []
        return content
    picture, dpi = _draw(page, limits)
    low, high = picture.getextrema()
    if low == high:
        return content
    recognised = recogniser.recognise(picture, dpi, number)
    found = sum(len(line.text) for line in recognised.lines)
    if found == 0 or (found < text.characters and text.unreadable == 0):
        return content
    page_state = Page(page=number, ocr=True, ocr_confidence=recognised.confidence)
    return PageContent(page_state, recognised.lines)


def _page_text(page: pypdfium2.PdfPage) -> PageText:
    text = read_page_text(page, find_grids(page))
    if all(is_table(grid) for grid in text.grids):
        return text
    # Frames and boxes: their text is read once more, as running text.
    kept = [grid for grid in text.grids if is_table(grid)]
    for grid in kept:
        grid.cells.clear()
    return read_page_text(page, kept)


def _lines(text: PageText, number: int) -> list[Line]:
    lines: list[Line] = []
    for segments in text.directions:
        offset = lines[-1].flow + 1 if lines else 0
        for line in lines_of(segments):
            line.flow += offset
            line.page = number
            lines.append(line)
    return lines


def _wants_recognition(page: pypdfium2.PdfPage, text: PageText) -> bool:
    if text.unreadable > _UNREADABLE_SHARE * text.characters:
        return True
    if text.characters > _STAMP_CHARACTERS:
        return False
    area = max(page.get_width() * page.get_height(), 1.0)
    paths = pictures = 0
    largest = 0.0
    for count, shape in enumerate(page.get_objects(max_depth=3)):
        if count > _MAX_OBJECTS:
            break
        paths += shape.type == pdfium.FPDF_PAGEOBJ_PATH
        if shape.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures += 1
            left, bottom, right, top = shape.get_bounds()
            # In a form the bounds are the form's: no smaller than what is shown, as a rule.
            largest = max(largest, abs(right - left) * abs(top - bottom))
    if text.characters == 0:
        return pictures > 0 or paths >= _MIN_DRAWN_PATHS
    return bool(largest >= _FILLING_SHARE * area)


def _draw(page: pypdfium2.PdfPage, limits: ParserLimits) -> tuple[Image.Image, int]:
    """The page in grey, at the wanted resolution or as much of it as the bound on pixels allows."""
    inches = max(page.get_width(), 1.0) / 72 * max(page.get_height(), 1.0) / 72
    dpi = min(float(limits.ocr_dpi), (limits.ocr_max_pixels / inches) ** 0.5)
    bitmap = page.render(scale=dpi / 72, grayscale=True)
    try:
        return bitmap.to_pil().convert("L"), max(70, round(dpi))
    finally:
        bitmap.close()


def _outline_levels(document: pypdfium2.PdfDocument, contents: list[PageContent]) -> dict[int, int]:
    """Lines that the outline names, by `id`, with their depth in it."""
    levels: dict[int, int] = {}
    titles: dict[tuple[int, str], int] = {}
    try:
        for count, bookmark in enumerate(document.get_toc(max_depth=_MAX_OUTLINE_DEPTH)):
            if count >= _MAX_OUTLINE:
                break
            target = bookmark.get_dest()
            page = None if target is None else target.get_index()
            if page is not None:
                titles.setdefault((page + 1, _key(bookmark.get_title())), bookmark.level + 1)
    except (pypdfium2.PdfiumError, UnicodeError, ctypes.ArgumentError):
        # A damaged outline costs its headings, not the text.
        return {}
    for content in contents:
        for line in content.lines:
            level = titles.get((content.page.page, _key(line.text)))
            if level is not None and not content.page.ocr:
                levels[id(line)] = level
    return levels


def _key(title: str) -> str:
    """Outlines leave out numbers, or have them where the page has none."""
    words = re.sub(r"^[\dIVXivx]+(?:\.\d+)*[.)]?\s+", "", title.strip())
    return re.sub(r"\W+", "", words).casefold()


def _verdict_without_text(contents: list[PageContent], recogniser: Recogniser) -> ExtractionFailure:
    if any(content.page.problem == "needs-ocr" for content in contents):
        return ExtractionFailure(
            "NEEDS_OCR",
            f"The pages of this PDF are pictures without text, and {recogniser.why_missing}. "
            "Run text recognition (OCR) on it and upload the result, or have Tesseract installed.",
        )
    return ExtractionFailure("EMPTY_CONTENT", "There is no text on the pages of this PDF.")
