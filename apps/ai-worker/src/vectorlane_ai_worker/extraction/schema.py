"""What recognition answers: words with their places. Where they belong together is the backend's business."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Format = Literal["pdf", "png", "jpeg", "tiff", "webp"]


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", serialize_by_alias=True)


class Word(_Shape):
    """Places are in points of 1/72 inch, from the upper left corner of the page as it is shown."""

    text: str = Field(min_length=1)
    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float = Field(ge=0, le=100)
    line: int = Field(ge=0, description="The same for words of one line.")


class RecognisedPage(_Shape):
    page: int = Field(ge=1, description="Number of the page or of the frame, from 1.")
    width: float = Field(gt=0, description="In points.")
    height: float = Field(gt=0, description="In points.")
    words: list[Word] = Field(description="Line by line, in Tesseract's order of reading; none on an empty page.")
    problem: Literal["damaged"] | None = Field(None, description="Why the page could not be painted.")


class RecognisedDocument(_Shape):
    """The pages that were asked for."""

    format: Format = Field(description="What the content was found to be.")
    pages: list[RecognisedPage] = Field(min_length=1)
