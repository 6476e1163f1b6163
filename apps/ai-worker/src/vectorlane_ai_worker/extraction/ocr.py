"""Text recognition by Tesseract, a program of its own that is given a picture and a time."""

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from .failures import ExtractionFailure
from .limits import ParserLimits
from .lines import Line
from .parent_death import end_with_parent

_PROBE_TIMEOUT_S = 15
_WORD_LEVEL = "5"
#: Blocks recognised with less are the grain of photographs.
_MIN_CONFIDENCE = 30.0


@dataclass(frozen=True, slots=True)
class Recognised:
    lines: list[Line]
    confidence: float


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

    @property
    def available(self) -> bool:
        return self._limits.tesseract is not None

    @property
    def why_missing(self) -> str:
        return self._limits.tesseract_missing

    def begin_document(self) -> None:
        self._pages = 0

    def recognise(self, picture: Image.Image, dpi: int, page: int) -> Recognised:
        """Lines of a picture in grey, in Tesseract's order of reading; `y` grows upwards, in pixels.

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
        return _read_tsv(self._run(buffer.getvalue(), dpi), page)

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


def _read_tsv(tsv: str, page: int) -> Recognised:
    blocks: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row.get("level") == _WORD_LEVEL and (row.get("text") or "").strip():
            blocks.setdefault(row["block_num"], []).append(row)
    kept = [words for words in blocks.values() if _confidence(words) >= _MIN_CONFIDENCE]
    lines: list[Line] = []
    flow = 0
    for words in kept:
        by_line: dict[tuple[str, str], list[dict[str, str]]] = {}
        for word in words:
            by_line.setdefault((word["par_num"], word["line_num"]), []).append(word)
        paragraph = ""
        for (par, _), members in by_line.items():
            # Tesseract has found the paragraphs: each is a stretch of its own.
            flow += par != paragraph
            paragraph = par
            lines.append(_line(members, flow, page))
        paragraph = ""
        flow += 1
    every_word = [word for words in kept for word in words]
    return Recognised(lines, round(_confidence(every_word), 1) if every_word else 0.0)


def _confidence(words: list[dict[str, str]]) -> float:
    return sum(max(0.0, float(word["conf"])) for word in words) / len(words)


def _line(words: list[dict[str, str]], flow: int, page: int) -> Line:
    left = [int(word["left"]) for word in words]
    right = [int(word["left"]) + int(word["width"]) for word in words]
    bottom = max(int(word["top"]) + int(word["height"]) for word in words)
    heights = sorted(int(word["height"]) for word in words)
    return Line(
        text=" ".join(word["text"].strip() for word in words),
        x0=min(left),
        x1=max(right),
        y=-bottom,
        size=float(heights[len(heights) // 2]),
        bold=False,
        flow=flow,
        cells=[],
        page=page,
        recognised=True,
    )
