"""Small PDF files made by hand, and pictures of text made by Pillow."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from vectorlane_ai_worker.extraction.ocr import find_tesseract

_DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
_PROGRAM, _WHY_NOT = find_tesseract("tesseract", "eng")
needs_tesseract = pytest.mark.skipif(_PROGRAM is None, reason=_WHY_NOT)


def text(words: str, x: float, y: float, size: float = 11, font: str = "F1") -> str:
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET\n"


def grid(xs: list[float], ys: list[float]) -> str:
    lines = [f"{x} {ys[0]} m {x} {ys[-1]} l S\n" for x in xs]
    return "".join(lines + [f"{xs[0]} {y} m {xs[-1]} {y} l S\n" for y in ys])


def make_pdf(pages: list[str], *, picture: bytes | None = None) -> bytes:
    """A file with one content stream a page; `/P Do` draws the picture (JPEG)."""
    objects: list[bytes] = [b"", b""]
    fonts = b"/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> "
    fonts += b"/F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>"
    resources = b"/Font << " + fonts + b" >>"
    if picture is not None:
        width, height = Image.open(io.BytesIO(picture)).size
        head = f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray "
        head += f"/BitsPerComponent 8 /Filter /DCTDecode /Length {len(picture)} >>\nstream\n"
        objects.append(head.encode() + picture + b"\nendstream")
        resources += b" /XObject << /P 3 0 R >>"
    kids = []
    for content in pages:
        data = content.encode("latin-1")
        objects.append(f"<< /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream")
        stream = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << %b >> /Contents %d 0 R >>"
            % (resources, stream)
        )
        kids.append(f"{len(objects)} 0 R")
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    data = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


SCANNED = ["LOST PROPERTY", "One grey umbrella was found in", "carriage seven on Tuesday."]


def scan(lines: list[str] | None = None, *, size: tuple[int, int] = (1275, 1650)) -> Image.Image:
    """A page at 150 dpi with nothing but the picture of text."""
    image = Image.new("L", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(_DEJAVU), 36) if _DEJAVU.is_file() else ImageFont.load_default(36)
    for number, line in enumerate(SCANNED if lines is None else lines):
        draw.text((150, 150 + 60 * number), line, fill="black", font=font)
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def scanned_pdf(pages: int = 1, text_pages: list[str] | None = None) -> bytes:
    picture = encoded(scan(), "JPEG", quality=90)
    drawn = "q 612 0 0 792 0 0 cm /P Do Q"
    return make_pdf([*[drawn] * pages, *(text_pages or [])], picture=picture)
