"""What extraction answers. The backend's `ExtractedDocument` (libs/extraction) is made of this without looking back."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Format = Literal["pdf", "png", "jpeg", "tiff", "webp"]
BlockKind = Literal["heading", "paragraph", "list-item", "code", "row"]


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", serialize_by_alias=True)


class Block(_Shape):
    """A span of the text that belongs together. Positions count UTF-16 code units."""

    kind: BlockKind = Field(description="A `row` is a line of a Markdown table; the first one holds header and dashes.")
    start: int = Field(ge=0, description="First code unit, inclusive.")
    end: int = Field(ge=1, description="Last code unit, exclusive; greater than `start`.")
    heading_path: list[str] = Field(description="Titles of the headings above, outermost first, each cut to 300 units.")
    page: int = Field(ge=1, description="Page the block begins on, from 1.")
    level: int | None = Field(None, ge=1, le=6, description="Of headings: 1 is outermost.")
    row: int | None = Field(None, ge=1, description="Of rows: data row from 1, the header not counted.")


class Page(_Shape):
    page: int = Field(ge=1)
    ocr: bool = Field(description="The page's text was recognised by Tesseract.")
    ocr_confidence: float | None = Field(None, ge=0, le=100, description="Mean confidence of the recognised words.")
    problem: Literal["damaged", "needs-ocr"] | None = Field(
        None, description="Why a page that shows something gave no text, where the rest of the document did."
    )


class ExtractedDocument(_Shape):
    """Blocks come in reading order and do not overlap; every character outside of all blocks is white space."""

    format: Format = Field(description="What the content was found to be.")
    text: str = Field(description="NFC, `\\n` line ends, no NUL, no lone surrogates. Tables are Markdown.")
    blocks: list[Block] = Field(min_length=1)
    pages: list[Page] = Field(min_length=1)
    ocr: bool = Field(description="True when any page's was.")
