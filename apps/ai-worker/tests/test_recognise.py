"""`POST /v1/recognise`: words with their places, and what is said of files that give none."""

import struct
import zlib
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from vectorlane_ai_worker.extraction.schema import RecognisedDocument, RecognisedPage

from .pdf_builder import encoded, make_pdf, needs_tesseract, scan, scanned_pdf, text
from .support import REPOSITORY, Worker, running

OFFICE = REPOSITORY / "test/fixtures/office"


def recognise(
    worker: Worker, data: bytes, format_: str | None = None, pages: str | None = None, **headers: str
) -> RecognisedDocument:
    query = {name: value for name, value in (("format", format_), ("pages", pages)) if value is not None}
    answer = worker.post("/v1/recognise", content=data, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    document = RecognisedDocument.model_validate_json(answer.content)
    for page in document.pages:
        assert_within(page)
    return document


def assert_within(page: RecognisedPage) -> None:
    lines = [word.line for word in page.words]
    assert lines == sorted(lines)
    for word in page.words:
        assert -1 <= word.x0 < word.x1 <= page.width + 1
        assert -1 <= word.y0 < word.y1 <= page.height + 1


def refused(worker: Worker, data: bytes, format_: str | None = None, pages: str | None = None) -> tuple[int, str]:
    query = {name: value for name, value in (("format", format_), ("pages", pages)) if value is not None}
    answer = worker.post("/v1/recognise", content=data, params=query)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def flat(document: RecognisedDocument) -> str:
    return " ".join(word.text for page in document.pages for word in page.words)


DIGITAL = make_pdf([text("This page has text of its own.", 72, 700), text("And so has this.", 72, 700), ""])


@needs_tesseract
def test_a_scanned_page_becomes_words_with_places(worker: Worker) -> None:
    document = recognise(worker, scanned_pdf(), "pdf")
    assert "LOST PROPERTY" in flat(document)
    # Which font there is decides whether a c looks like a capital.
    assert "one grey umbrella was found in carriage seven on tuesday." in flat(document).casefold()
    (page,) = document.pages
    assert (page.page, page.width, page.height) == (1, 612, 792)
    confidences = [word.confidence for word in page.words]
    assert sum(confidences) / len(confidences) > 70
    first = page.words[0]
    assert first.y1 < page.height / 2
    assert all(word.y0 >= first.y0 for word in page.words if word.line > first.line)


@needs_tesseract
def test_places_are_those_of_the_page_as_it_is_shown(worker: Worker) -> None:
    (page,) = recognise(worker, make_pdf([text("LIGHTHOUSE KEEPER", 100, 600, 30)])).pages
    word = page.words[0]
    assert word.text == "LIGHTHOUSE"
    # Capitals of 30 points on a base line 600 points above the lower edge.
    assert abs(word.x0 - 100) < 6
    assert abs(word.y1 - (792 - 600)) < 4
    assert 18 < word.y1 - word.y0 < 26


@needs_tesseract
def test_pages_that_are_wanted_and_no_others(worker: Worker) -> None:
    document = recognise(worker, DIGITAL, "pdf", "2-3")
    assert [page.page for page in document.pages] == [2, 3]
    assert flat(document) == "And so has this."
    assert document.pages[1].words == []
    assert [page.page for page in recognise(worker, DIGITAL, "pdf").pages] == [1, 2, 3]


@needs_tesseract
@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ("4", (422, "CORRUPT_FILE")),
        ("0", (400, "INVALID_REQUEST")),
        ("3-2", (400, "INVALID_REQUEST")),
        ("1,", (400, "INVALID_REQUEST")),
        ("999999", (400, "INVALID_REQUEST")),
    ],
)
def test_pages_that_are_not_there(worker: Worker, pages: str, expected: tuple[int, str]) -> None:
    assert refused(worker, DIGITAL, "pdf", pages) == expected


@needs_tesseract
@pytest.mark.parametrize(("kind", "format_"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp"), ("TIFF", "tiff")])
def test_images(worker: Worker, kind: str, format_: str) -> None:
    document = recognise(worker, encoded(scan(), kind), format_)
    assert document.format == format_
    assert "carriage seven on Tuesday" in flat(document)


@needs_tesseract
def test_every_frame_of_a_tiff_is_a_page(worker: Worker) -> None:
    frames = [scan([f"This is sheet {name}"]) for name in ("alpha", "beta", "gamma")]
    document = recognise(
        worker, encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:], compression="tiff_lzw")
    )
    found = {page.page: " ".join(word.text for word in page.words) for page in document.pages}
    assert found == {1: "This is sheet alpha", 2: "This is sheet beta", 3: "This is sheet gamma"}


@needs_tesseract
def test_pictures_lying_on_their_side_and_see_through_ones(worker: Worker) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert "LOST PROPERTY" in flat(recognise(worker, encoded(scan().rotate(90, expand=True), "JPEG", exif=exif)))
    see_through = Image.new("RGBA", scan().size, (0, 0, 0, 0))
    see_through.paste((0, 0, 0, 255), mask=scan().point(lambda value: 255 - value))
    assert "LOST PROPERTY" in flat(recognise(worker, encoded(see_through, "PNG")))


@needs_tesseract
def test_a_picture_without_text(worker: Worker) -> None:
    assert [page.words for page in recognise(worker, encoded(scan([]), "PNG")).pages] == [[]]


@needs_tesseract
def test_content_decides_over_what_it_is_taken_for(worker: Worker) -> None:
    assert recognise(worker, DIGITAL, "png").format == "pdf"
    answer = worker.post("/v1/recognise", content=DIGITAL, headers={"Content-Type": "image/png; x=y"})
    assert answer.json()["format"] == "pdf"


def test_formats_that_are_not_read_here(worker: Worker) -> None:
    assert refused(worker, b"just some text") == (415, "UNSUPPORTED_FORMAT")
    answer = worker.post("/v1/recognise", content=DIGITAL, headers={"Content-Type": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_FORMAT")
    assert refused(worker, DIGITAL, "docx") == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("format_", ["pdf", "png", "jpeg", "tiff", "webp"])
def test_what_is_not_what_it_should_be_is_damaged(worker: Worker, format_: str) -> None:
    assert refused(worker, b"just some text", format_) == (422, "CORRUPT_FILE")


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\nstartxref\n0\n%%EOF",
        b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF",
    ],
    ids=["hollow", "no pages"],
)
def test_damaged_pdfs(worker: Worker, data: bytes) -> None:
    assert refused(worker, data) == (422, "CORRUPT_FILE")


@needs_tesseract
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_damaged_pictures(worker: Worker, kind: str) -> None:
    data = encoded(scan(), kind)
    assert refused(worker, data[: len(data) // 3]) == (422, "CORRUPT_FILE")


def test_nothing_at_all(worker: Worker) -> None:
    assert refused(worker, b"") == (422, "EMPTY_CONTENT")


@pytest.mark.skipif(not OFFICE.is_dir(), reason="the repository's fixtures are not here")
def test_a_password(worker: Worker) -> None:
    data = (OFFICE / "qpdf-encrypted.pdf").read_bytes()
    assert refused(worker, data) == (422, "PASSWORD_PROTECTED")
    # PDFium remembers the error of the file before.
    assert refused(worker, (OFFICE / "zero-pages.pdf").read_bytes()) == (422, "CORRUPT_FILE")


@needs_tesseract
def test_a_picture_that_would_fill_the_memory(worker: Worker) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack("!IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")
    assert refused(worker, bomb) == (422, "TOO_LARGE")


@pytest.fixture(scope="module")
def bounded() -> Iterator[Worker]:
    with running(MAX_PAGES=3, OCR_MAX_PAGES=1, MODEL_PATH="") as started:
        yield started


@needs_tesseract
def test_pages_are_bounded(bounded: Worker) -> None:
    page = text("words enough for a page of text", 72, 700)
    assert recognise(bounded, make_pdf([page] * 3), pages="3").pages[-1].page == 3
    assert refused(bounded, make_pdf([page] * 4)) == (422, "TOO_LARGE")


@needs_tesseract
def test_recognised_pages_are_bounded(bounded: Worker) -> None:
    assert refused(bounded, scanned_pdf(2)) == (422, "TOO_LARGE")
    assert "LOST PROPERTY" in flat(recognise(bounded, scanned_pdf(2), pages="2"))


@needs_tesseract
def test_pixels_given_to_tesseract_are_bounded() -> None:
    with running(OCR_MAX_PIXELS=1_000_000) as small:
        assert "LOST PROPERTY" in flat(recognise(small, scanned_pdf()))
        assert "LOST PROPERTY" in flat(recognise(small, encoded(scan(size=(2550, 3300)), "PNG")))


@pytest.fixture(scope="module")
def without_tesseract() -> Iterator[Worker]:
    with running(TESSERACT_PATH="/nowhere/tesseract") as started:
        yield started


def refusal(worker: Worker, data: bytes) -> httpx.Response:
    return worker.post("/v1/recognise", content=data)


@pytest.mark.parametrize("data", [scanned_pdf(), encoded(scan(), "PNG")], ids=["pdf", "png"])
def test_without_tesseract_a_scan_needs_ocr_and_says_so(without_tesseract: Worker, data: bytes) -> None:
    answer = refusal(without_tesseract, data)
    assert (answer.status_code, answer.json()["code"]) == (422, "NEEDS_OCR")
    assert "Tesseract is not installed" in answer.json()["detail"]


def test_without_tesseract_the_worker_is_ready_and_tells(without_tesseract: Worker) -> None:
    answer = without_tesseract.get("/ready")
    assert (answer.status_code, answer.json()["checks"]["ocr"]) == (200, "down")
    assert without_tesseract.line("text recognition is not available")["reason"] == "Tesseract is not installed"


@needs_tesseract
def test_a_language_that_is_missing_is_named() -> None:
    with running(OCR_LANGUAGES="eng+xyz") as worker:
        assert "Tesseract lacks the language xyz" in refusal(worker, scanned_pdf()).json()["detail"]


@needs_tesseract
def test_outcomes_are_counted(worker: Worker) -> None:
    recognise(worker, DIGITAL)
    refused(worker, b"none of ours", "pdf")
    assert worker.metric('extraction_documents_total{format="pdf",outcome="ok"}') >= 1
    assert worker.metric('extraction_documents_total{format="pdf",outcome="CORRUPT_FILE"}') >= 1
    assert worker.metric('extraction_pages_total{format="pdf"}') >= 2
