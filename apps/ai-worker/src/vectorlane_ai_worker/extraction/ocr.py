"""Text recognition by Tesseract, a program of its own that is given a picture and a time."""

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Callable

from PIL import Image

from .failures import ExtractionFailure
from .limits import ParserLimits
from .parent_death import end_with_parent
from .schema import Word

_PROBE_TIMEOUT_S = 15
_WORD_LEVEL = "5"
#: Tesseract takes less for a mistake.
_MIN_DPI = 70
#: Blocks recognised with less are the grain of photographs.
_MIN_CONFIDENCE = 30.0


def find_tesseract(path: str, languages: str) -> tuple[str | None, str]:
    """Full path of the program, or None and why it cannot be used."""
    program = shutil.which(path)
    if program is None:
        return None, "Tesseract is not installed"
    try:
        listed = subprocess.run(
            [program, "--list-langs"], capture_output=True, timeout=_PROBE_TIMEOUT_S, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return None, "Tesseract cannot be run"
    known = set((listed.stdout + listed.stderr).split())
    missing = [language for language in languages.split("+") if language not in known]
    if missing:
        return None, f"Tesseract lacks the language {', '.join(missing)}"
    return program, ""


class Recogniser:
    def __init__(self, limits: ParserLimits) -> None:
        self._limits = limits
        self._pages = 0

    def require(self, why: str) -> None:
        """Raises `NEEDS_OCR` where Tesseract cannot be used."""
        if self._limits.tesseract is None:
            raise ExtractionFailure("NEEDS_OCR", f"{why}, and {self._limits.tesseract_missing}.")

    def begin_document(self) -> None:
        self._pages = 0

    def recognise(self, picture: Image.Image, dpi: float) -> list[Word]:
        """Words of a picture in grey, in Tesseract's order of reading.

        Raises:
            ExtractionFailure: `TIMEOUT`, `TOO_LARGE` (too many pages), `CORRUPT_FILE`.

        """
        self._pages += 1
        if self._pages > self._limits.ocr_max_pages:
            raise ExtractionFailure(
                "TOO_LARGE",
                f"This file has more than {self._limits.ocr_max_pages} pages without text. Split it into smaller ones.",
            )
        buffer = io.BytesIO()
        picture.save(buffer, "PPM")
        return _read_tsv(self._run(buffer.getvalue(), max(_MIN_DPI, round(dpi))), dpi)

    def _run(self, picture: bytes, dpi: int) -> str:
        command = [
            self._limits.tesseract or "tesseract",
            *("stdin", "stdout"),
            *("-l", self._limits.ocr_languages),
            *("--dpi", str(dpi)),
            *("-c", "tessedit_create_tsv=1"),
        ]
        try:
            done = subprocess.run(
                command,
                input=picture,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self._limits.ocr_page_timeout_s,
                check=True,
                # One thread: pages of several documents are recognised side by side already.
                env={"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8", **_tessdata()},
                preexec_fn=_prepare(os.getpid()),
            )
        except subprocess.TimeoutExpired:
            raise ExtractionFailure(
                "TIMEOUT", f"Recognising a page took longer than {self._limits.ocr_page_timeout_s:g} seconds."
            ) from None
        except subprocess.CalledProcessError:
            raise ExtractionFailure("CORRUPT_FILE", "The picture of a page could not be recognised.") from None
        return done.stdout.decode("utf-8", "replace")


def _prepare(parent: int) -> Callable[[], None]:
    return lambda: end_with_parent(parent)


def _tessdata() -> dict[str, str]:
    folder = os.environ.get("TESSDATA_PREFIX")
    return {} if folder is None else {"TESSDATA_PREFIX": folder}


def _read_tsv(tsv: str, dpi: float) -> list[Word]:
    blocks: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row.get("level") == _WORD_LEVEL and (row.get("text") or "").strip():
            blocks.setdefault(row["block_num"], []).append(row)
    kept = [row for rows in blocks.values() if _confidence(rows) >= _MIN_CONFIDENCE for row in rows]
    lines: dict[tuple[str, str, str], int] = {}
    words: list[Word] = []
    for row in kept:
        line = lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), len(lines))
        left, top, width, height = (int(row[key]) * 72 / dpi for key in ("left", "top", "width", "height"))
        words.append(
            Word(
                text=row["text"].strip(),
                x0=round(left, 2),
                y0=round(top, 2),
                x1=round(left + width, 2),
                y1=round(top + height, 2),
                confidence=min(100.0, max(0.0, float(row["conf"]))),
                line=line,
            )
        )
    return words


def _confidence(rows: list[dict[str, str]]) -> float:
    return sum(max(0.0, float(row["conf"])) for row in rows) / len(rows)
