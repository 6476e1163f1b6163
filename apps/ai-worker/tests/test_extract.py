"""`POST /v1/extract`: what comes out of files, and the verdicts on those that give nothing."""

import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from vectorlane_ai_worker.extraction.schema import Block, ExtractedDocument

from .block_checks import assert_sound, text_of
from .pdf_builder import encoded, grid, make_pdf, needs_tesseract, scan, scanned_pdf, text
from .support import REPOSITORY, Worker, running

OFFICE = REPOSITORY / "test/fixtures/office"


def extract(worker: Worker, data: bytes, format_: str | None = None, **headers: str) -> ExtractedDocument:
    query = {} if format_ is None else {"format": format_}
    answer = worker.post("/v1/extract", content=data, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    document = ExtractedDocument.model_validate_json(answer.content)
    assert_sound(document.text, document.blocks)
    assert [page.page for page in document.pages] == list(range(1, len(document.pages) + 1))
    return document


def verdict(worker: Worker, data: bytes, format_: str | None = None) -> tuple[int, str]:
    query = {} if format_ is None else {"format": format_}
    answer = worker.post("/v1/extract", content=data, params=query)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def shown(document: ExtractedDocument) -> list[tuple[str, str]]:
    return [(block.kind, text_of(document.text, block)) for block in document.blocks]


REPORT = make_pdf(
    [
        text("Annual Report", 72, 720, 24)
        + text("The harbour was busy in spring, and the keeper wrote down each and every one of the", 72, 680)
        + text("ships that came in before the storm of the fourth of May had broken the mole.", 72, 666)
        + text("Catches", 72, 630, 16)
        + grid([72, 172, 272], [610, 590, 570, 550])
        + text("Fish", 80, 596, font="F2")
        + text("Tons", 180, 596, font="F2")
        + text("Cod", 80, 576)
        + text("12", 180, 576)
        + text("Eel | pipe", 80, 556)
        + text("3", 180, 556)
        + text("Most of it was sold within the hour, as it always had been in the years before it.", 72, 520)
        + text("- salted", 72, 490)
        + text("1. smoked", 72, 476),
        text("Winter", 72, 720, 16)
        + text("Nothing came in, nothing went out, and nobody wrote a line about it.", 72, 690),
    ]
)


def test_a_digital_pdf_with_headings_a_table_and_pages(worker: Worker) -> None:
    document = extract(worker, REPORT, "pdf")
    kinds = shown(document)
    assert kinds[0] == ("heading", "Annual Report")
    assert kinds[1][0] == "paragraph"
    assert "each and every one of the ships that came in" in kinds[1][1]
    assert kinds[2:6] == [
        ("heading", "Catches"),
        ("row", "| Fish | Tons |\n| --- | --- |"),
        ("row", "| Cod | 12 |"),
        ("row", "| Eel \\| pipe | 3 |"),
    ]
    assert "| --- | --- |\n| Cod | 12 |\n| Eel" in document.text
    assert ("list-item", "1. smoked") in kinds
    rows = [block.row for block in document.blocks if block.kind == "row"]
    assert rows == [None, 1, 2]
    last = document.blocks[-1]
    assert (last.page, last.heading_path, last.level) == (2, ["Annual Report", "Winter"], None)
    assert [(page.page, page.ocr) for page in document.pages] == [(1, False), (2, False)]
    assert document.ocr is False


def test_the_answer_leaves_out_what_it_does_not_have(worker: Worker) -> None:
    body = worker.post("/v1/extract", content=REPORT).json()
    assert set(body) == {"format", "text", "blocks", "pages", "ocr"}
    assert set(body["blocks"][0]) == {"kind", "start", "end", "headingPath", "page", "level"}
    assert None not in body["blocks"][1].values()


def test_two_columns_are_read_one_after_the_other(worker: Worker) -> None:
    left = [f"left line {number} of the running text" for number in range(1, 9)]
    right = [f"right line {number} of the running text" for number in range(1, 9)]
    content = text("A headline that spans the whole of the page with its two columns of text", 72, 740)
    for number, (one, other) in enumerate(zip(left, right, strict=True)):
        content += text(one, 72, 700 - 14 * number) + text(other, 320, 700 - 14 * number)
    document = extract(worker, make_pdf([content]))
    flat = " ".join(document.text.split())
    assert flat.index("left line 8") < flat.index("right line 1")


def test_an_aligned_table_without_rules(worker: Worker) -> None:
    content = text("Departures from the valley station on days when the funicular is not being repaired:", 72, 740)
    for number, row in enumerate([("Station", "Time"), ("Lower", "6:42"), ("Middle", "6:50"), ("Upper", "7:01")]):
        content += text(row[0], 72, 700 - 16 * number) + text(row[1], 200, 700 - 16 * number)
    kinds = shown(extract(worker, make_pdf([content])))
    assert ("row", "| Station | Time |\n| --- | --- |") in kinds
    assert ("row", "| Upper | 7:01 |") in kinds


def test_running_heads_and_page_numbers_are_left_out(worker: Worker) -> None:
    pages = []
    for number, bell in enumerate(["Matins", "Lauds", "Prime", "Terce", "Sext", "Nones"], 1):
        body = text(f"The bell for {bell} was cast in another year.", 72, 500 - 9 * number)
        pages.append(text("Handbook of Bells", 72, 760) + body + text(str(number), 300, 30))
    document = extract(worker, make_pdf(pages))
    assert document.text.count("Handbook of Bells") == 1
    assert not [line for line in document.text.splitlines() if line.strip().isdigit()]


def test_words_divided_at_the_end_of_a_line_are_joined(worker: Worker) -> None:
    content = text("The apprentices were trusted with the repea-", 72, 700) + text(
        "ting pennants after a winter of drying.", 72, 686
    )
    assert "trusted with the repeating pennants" in extract(worker, make_pdf([content])).text


@needs_tesseract
def test_a_scanned_pdf_becomes_text(worker: Worker) -> None:
    before = (
        worker.metric('extraction_ocr_pages_total{format="pdf"}')
        if "extraction_ocr_pages_total{" in worker.get("/metrics").text
        else 0
    )
    document = extract(worker, scanned_pdf(), "pdf")
    flat = " ".join(document.text.split())
    assert "LOST PROPERTY" in flat
    # Which font there is decides whether a c looks like a capital.
    assert "one grey umbrella was found in carriage seven on tuesday." in flat.casefold()
    assert document.ocr is True
    (page,) = document.pages
    assert page.ocr
    assert page.ocr_confidence is not None
    assert page.ocr_confidence > 70
    assert worker.metric('extraction_ocr_pages_total{format="pdf"}') == before + 1


@needs_tesseract
def test_scanned_and_digital_pages_in_one_file(worker: Worker) -> None:
    words = "This page has text of its own, and quite enough of it to be believed at once by anybody."
    document = extract(worker, scanned_pdf(1, [text(words, 72, 700)]))
    assert [page.ocr for page in document.pages] == [True, False]
    assert document.ocr is True
    assert {block.page for block in document.blocks} == {1, 2}
    assert words in document.text


@needs_tesseract
def test_a_stamp_over_a_scan_does_not_hide_the_scan(worker: Worker) -> None:
    picture = encoded(scan(), "JPEG", quality=90)
    stamped = "q 612 0 0 792 0 0 cm /P Do Q\n" + text("Received 4 May", 400, 20, 8)
    document = extract(worker, make_pdf([stamped], picture=picture))
    assert "carriage seven" in document.text.casefold()
    assert document.pages[0].ocr


@needs_tesseract
@pytest.mark.parametrize(("kind", "format_"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp"), ("TIFF", "tiff")])
def test_images(worker: Worker, kind: str, format_: str) -> None:
    document = extract(worker, encoded(scan(), kind), format_)
    assert document.format == format_
    assert "carriage seven on Tuesday" in " ".join(document.text.split())
    assert document.pages[0].ocr


@needs_tesseract
def test_every_frame_of_a_tiff_is_a_page(worker: Worker) -> None:
    frames = [scan([f"This is sheet {name}"]) for name in ("alpha", "beta", "gamma")]
    document = extract(
        worker, encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:], compression="tiff_lzw")
    )
    found = {block.page: text_of(document.text, block) for block in document.blocks}
    assert found == {1: "This is sheet alpha", 2: "This is sheet beta", 3: "This is sheet gamma"}


@needs_tesseract
def test_pictures_lying_on_their_side_and_see_through_ones(worker: Worker) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert "LOST PROPERTY" in extract(worker, encoded(scan().rotate(90, expand=True), "JPEG", exif=exif)).text
    see_through = Image.new("RGBA", scan().size, (0, 0, 0, 0))
    see_through.paste((0, 0, 0, 255), mask=scan().point(lambda value: 255 - value))
    assert "LOST PROPERTY" in extract(worker, encoded(see_through, "PNG")).text


@needs_tesseract
def test_a_picture_without_text(worker: Worker) -> None:
    assert verdict(worker, encoded(scan([]), "PNG")) == (422, "EMPTY_CONTENT")


def test_content_decides_over_what_it_is_taken_for(worker: Worker) -> None:
    assert extract(worker, REPORT, "png").format == "pdf"
    answer = worker.post("/v1/extract", content=REPORT, headers={"Content-Type": "image/png; x=y"})
    assert answer.json()["format"] == "pdf"


def test_formats_that_are_not_read_here(worker: Worker) -> None:
    assert verdict(worker, b"just some text") == (415, "UNSUPPORTED_FORMAT")
    answer = worker.post("/v1/extract", content=REPORT, headers={"Content-Type": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_FORMAT")
    assert verdict(worker, REPORT, "docx") == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("format_", ["pdf", "png", "jpeg", "tiff", "webp"])
def test_what_is_not_what_it_should_be_is_damaged(worker: Worker, format_: str) -> None:
    assert verdict(worker, b"just some text", format_) == (422, "CORRUPT_FILE")


@pytest.mark.parametrize(
    "data",
    [
        REPORT[: len(REPORT) // 2],
        b"%PDF-1.7\nstartxref\n0\n%%EOF",
        b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF",
    ],
    ids=["cut", "hollow", "no pages"],
)
def test_damaged_pdfs(worker: Worker, data: bytes) -> None:
    assert verdict(worker, data) == (422, "CORRUPT_FILE")


@needs_tesseract
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_damaged_pictures(worker: Worker, kind: str) -> None:
    data = encoded(scan(), kind)
    assert verdict(worker, data[: len(data) // 3]) == (422, "CORRUPT_FILE")


def test_nothing_at_all(worker: Worker) -> None:
    assert verdict(worker, b"") == (422, "EMPTY_CONTENT")
    assert verdict(worker, make_pdf(["", "1 0 0 RG 50 50 m 90 90 l S"])) == (422, "EMPTY_CONTENT")


@pytest.mark.skipif(not OFFICE.is_dir(), reason="the repository's fixtures are not here")
def test_a_password(worker: Worker) -> None:
    data = (OFFICE / "qpdf-encrypted.pdf").read_bytes()
    assert verdict(worker, data) == (422, "PASSWORD_PROTECTED")
    # PDFium remembers the error of the file before.
    assert verdict(worker, (OFFICE / "zero-pages.pdf").read_bytes()) == (422, "CORRUPT_FILE")


@needs_tesseract
def test_a_picture_that_would_fill_the_memory(worker: Worker) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack("!IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")
    assert verdict(worker, bomb) == (422, "TOO_LARGE")


@pytest.fixture(scope="module")
def bounded() -> Iterator[Worker]:
    with running(MAX_PAGES=3, OCR_MAX_PAGES=1, MODEL_PATH="") as started:
        yield started


def test_pages_are_bounded(bounded: Worker) -> None:
    page = text("words enough for a page of text", 72, 700)
    assert extract(bounded, make_pdf([page] * 3)).pages[-1].page == 3
    assert verdict(bounded, make_pdf([page] * 4)) == (422, "TOO_LARGE")


@needs_tesseract
def test_recognised_pages_are_bounded(bounded: Worker) -> None:
    assert verdict(bounded, scanned_pdf(2)) == (422, "TOO_LARGE")
    assert extract(bounded, scanned_pdf(1)).ocr


@needs_tesseract
def test_pixels_given_to_tesseract_are_bounded() -> None:
    with running(OCR_MAX_PIXELS=1_000_000) as small:
        assert "LOST PROPERTY" in extract(small, scanned_pdf()).text
        assert "LOST PROPERTY" in extract(small, encoded(scan(size=(2550, 3300)), "PNG")).text


@pytest.fixture(scope="module")
def without_tesseract() -> Iterator[Worker]:
    with running(TESSERACT_PATH="/nowhere/tesseract") as started:
        yield started


def refusal(worker: Worker, data: bytes) -> httpx.Response:
    return worker.post("/v1/extract", content=data)


@pytest.mark.parametrize("data", [scanned_pdf(), encoded(scan(), "PNG")], ids=["pdf", "png"])
def test_without_tesseract_a_scan_needs_ocr_and_says_so(without_tesseract: Worker, data: bytes) -> None:
    answer = refusal(without_tesseract, data)
    assert (answer.status_code, answer.json()["code"]) == (422, "NEEDS_OCR")
    assert "Tesseract is not installed" in answer.json()["detail"]


def test_without_tesseract_the_other_pages_are_read(without_tesseract: Worker) -> None:
    document = extract(without_tesseract, scanned_pdf(1, [text("This page has text of its own.", 72, 700)]))
    assert [page.problem for page in document.pages] == ["needs-ocr", None]
    assert document.ocr is False


def test_without_tesseract_the_worker_is_ready_and_tells(without_tesseract: Worker) -> None:
    answer = without_tesseract.get("/ready")
    assert (answer.status_code, answer.json()["checks"]["ocr"]) == (200, "down")
    assert without_tesseract.line("text recognition is not available")["reason"] == "Tesseract is not installed"


@needs_tesseract
def test_a_language_that_is_missing_is_named() -> None:
    with running(OCR_LANGUAGES="eng+xyz") as worker:
        assert "Tesseract lacks the language xyz" in refusal(worker, scanned_pdf()).json()["detail"]


def test_outcomes_are_counted(worker: Worker) -> None:
    extract(worker, REPORT)
    verdict(worker, b"none of ours", "pdf")
    assert worker.metric('extraction_documents_total{format="pdf",outcome="ok"}') >= 1
    assert worker.metric('extraction_documents_total{format="pdf",outcome="CORRUPT_FILE"}') >= 1
    assert worker.metric('extraction_pages_total{format="pdf"}') >= 2


def _office() -> list[Any]:
    manifest = OFFICE / "manifest.json"
    if not manifest.is_file():
        return []
    return [
        pytest.param(entry, id=entry["file"])
        for entry in json.loads(manifest.read_text())
        if entry["file"].endswith(".pdf")
    ]


def _flat(words: str) -> str:
    return " ".join(words.split())


def _unnumbered(title: str) -> str:
    return title.lstrip("0123456789. ")


@pytest.mark.parametrize("entry", _office())
def test_pdfs_of_many_makers(worker: Worker, entry: dict[str, Any]) -> None:
    data = (OFFICE / entry["file"]).read_bytes()
    expected = entry["expect"]
    if expected["outcome"] not in ("completed", "NEEDS_OCR"):
        assert verdict(worker, data, "pdf") == (422, expected["outcome"])
        return
    if expected["outcome"] == "NEEDS_OCR":
        # What the backend alone cannot read is what the worker is for.
        assert (
            worker.post("/v1/extract", content=data)
            .json()
            .get("ocr", worker.get("/ready").json()["checks"]["ocr"] == "down")
        )
        return
    document = extract(worker, data, "pdf")
    for passage in expected["passages"]:
        if "text" in passage:
            _assert_passage(document, passage)
    for words in expected.get("once", []):
        assert document.text.count(words) == 1
    for words in expected.get("absent", []):
        assert words not in document.text


def _assert_passage(document: ExtractedDocument, passage: dict[str, Any]) -> None:
    holders = [block for block in document.blocks if _flat(passage["text"]) in _flat(text_of(document.text, block))]
    assert holders, passage["text"]
    fitting = [block for block in holders if _fits(block, passage)]
    assert fitting, (passage, holders)


def _fits(block: Block, passage: dict[str, Any]) -> bool:
    under = [_unnumbered(title) for title in passage.get("under", [])]
    path = [_unnumbered(title) for title in block.heading_path]
    return (
        block.page == passage.get("page", block.page)
        and block.kind == passage.get("kind", block.kind)
        and ("under" not in passage or path == under)
    )
