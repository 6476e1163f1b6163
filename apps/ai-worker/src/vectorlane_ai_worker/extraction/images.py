"""PNG, JPEG, TIFF and WebP: every frame of a TIFF is a page, and every page is recognised."""

import io
import warnings

from PIL import Image, ImageOps

from .failures import corrupt, too_large
from .limits import ParserLimits
from .ocr import Recogniser
from .schema import Format, RecognisedDocument, RecognisedPage

_DECODERS = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF", "webp": "WEBP"}
_USUAL_DPI = 300
#: Letters of screenshots are too small for Tesseract, which wants 20 pixels and more.
_SMALL_SIDE = 1_600
_PLAUSIBLE_DPI = range(70, 1_201)


def recognise_image(data: bytes, format_: Format, limits: ParserLimits, recogniser: Recogniser) -> RecognisedDocument:
    """Raises `ExtractionFailure` with what is wrong with the file."""
    recogniser.require("The text of pictures has to be recognised")
    pages: list[RecognisedPage] = []
    with warnings.catch_warnings():
        # Pillow warns of sizes that the bounds here allow, and of details nobody needs.
        warnings.simplefilter("ignore")
        with _open(data, format_, limits) as image:
            frames = getattr(image, "n_frames", 1) if format_ == "tiff" else 1
            if frames > limits.max_pages:
                raise too_large(f"This file has more than {limits.max_pages} pages. Split it into smaller files.")
            for index in range(frames):
                picture, dpi = _page(image, index, limits)
                words = recogniser.recognise(picture, dpi)
                width, height = (72 * side / dpi for side in picture.size)
                pages.append(RecognisedPage(page=index + 1, width=width, height=height, words=words))
    return RecognisedDocument(format=format_, pages=pages)


def _open(data: bytes, format_: Format, limits: ParserLimits) -> Image.Image:
    # The bound is checked here, on the size that the header tells, before anything is decoded.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(io.BytesIO(data), formats=[_DECODERS[format_]])
    except (OSError, ValueError, SyntaxError, ArithmeticError, IndexError, TypeError):
        raise corrupt("This picture cannot be read. Export it again.") from None
    _require_size(image, limits)
    return image


def _page(image: Image.Image, index: int, limits: ParserLimits) -> tuple[Image.Image, int]:
    """One frame upright, in grey on white, in a size that recognition can use."""
    try:
        image.seek(index)
        _require_size(image, limits)
        image.load()
    except (OSError, ValueError, SyntaxError, ArithmeticError, IndexError, TypeError):
        raise corrupt(f"Page {index + 1} of this picture is damaged. Export it again.") from None
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        colour = upright.convert("RGBA")
        white = Image.new("RGBA", colour.size, "white")
        white.alpha_composite(colour)
        upright = white
    grey = upright.convert("L")
    dpi = _dpi(image)
    factor = min(1.0, (limits.ocr_max_pixels / (grey.width * grey.height)) ** 0.5)
    if max(grey.size) < _SMALL_SIDE and 4 * grey.width * grey.height <= limits.ocr_max_pixels:
        factor = 2.0
    if factor != 1.0:
        size = (max(1, int(grey.width * factor)), max(1, int(grey.height * factor)))
        grey = grey.resize(size, Image.Resampling.LANCZOS)
    return grey, max(_PLAUSIBLE_DPI.start, round(dpi * factor))


def _require_size(image: Image.Image, limits: ParserLimits) -> None:
    if image.width * image.height > limits.image_max_pixels:
        megapixels = limits.image_max_pixels // 1_000_000
        raise too_large(f"This picture has more than {megapixels} megapixels. Scale it down.")


def _dpi(image: Image.Image) -> int:
    told = image.info.get("dpi", (0, 0))
    try:
        dpi = round(float(told[0]))
    except (TypeError, ValueError, OverflowError, ArithmeticError, IndexError):
        return _USUAL_DPI
    return dpi if dpi in _PLAUSIBLE_DPI else _USUAL_DPI
