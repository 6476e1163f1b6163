"""Pages of a PDF painted by PDFium, and recognised. The text that is in the file is read by the backend."""

from collections.abc import Sequence

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from .failures import ExtractionFailure, corrupt, too_large
from .limits import ParserLimits
from .ocr import Recogniser
from .schema import RecognisedDocument, RecognisedPage

_POINTS_OF_AN_INCH = 72


def recognise_pdf(
    data: bytes, wanted: Sequence[int] | None, limits: ParserLimits, recogniser: Recogniser
) -> RecognisedDocument:
    """Recognises the pages that are wanted, or all; raises `ExtractionFailure` with what is wrong with the file."""
    document = _open(data, limits)
    try:
        recogniser.require("The pages of this PDF have to be recognised")
        numbers = range(1, len(document) + 1) if wanted is None else sorted(set(wanted))
        if numbers[-1] > len(document):
            raise corrupt(f"This PDF has {len(document)} pages, and page {numbers[-1]} was asked for.")
        pages = [_page(document, number, limits, recogniser) for number in numbers]
        return RecognisedDocument(format="pdf", pages=pages)
    finally:
        document.close()


def _open(data: bytes, limits: ParserLimits) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        # PDFium may still tell the error of the file before: the word in this one decides as well.
        is_protected = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY) and b"/Encrypt" in data
        if is_protected:
            raise ExtractionFailure(
                "PASSWORD_PROTECTED", "This PDF is protected by a password. Upload a copy without one."
            ) from None
        raise corrupt("This PDF cannot be read. Export it again.") from None
    count = len(document)
    if count > limits.max_pages:
        document.close()
        raise too_large(f"This PDF has more than {limits.max_pages} pages. Split it into smaller files.")
    if count < 1:
        document.close()
        raise corrupt("This PDF has no pages.")
    return document


def _page(document: pypdfium2.PdfDocument, number: int, limits: ParserLimits, recogniser: Recogniser) -> RecognisedPage:
    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError:
        return RecognisedPage(page=number, width=1, height=1, words=[], problem="damaged")
    try:
        width, height = max(page.get_width(), 1.0), max(page.get_height(), 1.0)
        picture, dpi = _paint(page, width, height, limits)
        low, high = picture.getextrema()
        # An empty page is white, or of one colour.
        words = [] if low == high else recogniser.recognise(picture, dpi)
        return RecognisedPage(page=number, width=width, height=height, words=words)
    finally:
        page.close()


def _paint(page: pypdfium2.PdfPage, width: float, height: float, limits: ParserLimits) -> tuple[Image.Image, float]:
    """The page in grey, at the wanted resolution or as much of it as the bound on pixels allows."""
    inches = width * height / _POINTS_OF_AN_INCH**2
    dpi = min(float(limits.ocr_dpi), (limits.ocr_max_pixels / inches) ** 0.5)
    bitmap = page.render(scale=dpi / _POINTS_OF_AN_INCH, grayscale=True)
    try:
        return bitmap.to_pil().convert("L"), dpi
    finally:
        bitmap.close()
