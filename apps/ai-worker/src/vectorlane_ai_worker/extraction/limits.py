"""What a parser's process may use; handed to it at its start, and the same for every file."""

import json
from dataclasses import asdict, dataclass
from typing import Self

from ..settings import Settings


@dataclass(frozen=True, slots=True)
class ParserLimits:
    max_pages: int
    max_memory_bytes: int
    image_max_pixels: int
    ocr_languages: str
    ocr_max_pages: int
    ocr_dpi: int
    ocr_max_pixels: int
    ocr_page_timeout_s: float
    #: Path of Tesseract's program; None where recognition is not to be had, and then why.
    tesseract: str | None
    tesseract_missing: str

    @classmethod
    def of(cls, settings: Settings, tesseract: str | None, why_missing: str) -> Self:
        return cls(
            max_pages=settings.max_pages,
            max_memory_bytes=settings.parser_max_memory_bytes,
            image_max_pixels=settings.image_max_pixels,
            ocr_languages=settings.ocr_languages,
            ocr_max_pages=settings.ocr_max_pages,
            ocr_dpi=settings.ocr_dpi,
            ocr_max_pixels=settings.ocr_max_pixels,
            ocr_page_timeout_s=settings.ocr_page_timeout_ms / 1000,
            tesseract=tesseract,
            tesseract_missing=why_missing,
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))
