"""The files of a folder, by the names that `npm run ingest -- folder --sync` gives them too."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ._form import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ._types import Document

#: As many as one request takes.
ITEMS_AT_ONCE = 1_000
#: Refusals that are about the one file.
REFUSALS = {400, 409, 413, 415}


@dataclass(frozen=True)
class LocalFile:
    path: Path
    external_id: str


@dataclass(frozen=True)
class Refused:
    path: str
    code: str
    message: str


@dataclass
class SyncReport:
    """What `sync` did. Nothing is deleted where something is in `refused`."""

    uploaded: list[Document] = field(default_factory=list)
    #: External ids of files whose bytes were there already.
    unchanged: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    deleted: int = 0


def files_of(folder: Path) -> list[LocalFile]:
    """Every file below the folder. Hidden entries, `node_modules` and links inside it are passed over."""
    root = folder.resolve(strict=True)
    if not root.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder")
    return [LocalFile(path, external_id(root, path)) for path in _below(root)]


def external_id(root: Path, path: Path) -> str:
    return "/".join([root.name, *path.relative_to(root).parts])


def _below(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir(), key=lambda child: child.name):
        if entry.name.startswith(".") or entry.name == "node_modules" or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _below(entry)
        elif entry.is_file():
            yield entry


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
