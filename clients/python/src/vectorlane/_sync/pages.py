# Written by scripts/generate.py from _async.
"""Lists that come in pages, as one iterator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .transport import Transport


def items_of(transport: Transport, path: str, params: Mapping[str, Any]) -> Iterator[Any]:
    """Ask for a page when its first item is wanted."""
    cursor: str | None = None
    while True:
        query = {name: value for name, value in {**params, "cursor": cursor}.items() if value is not None}
        page = transport.json("GET", path, params=query, repeatable=True)
        for item in page["items"]:
            yield item
        cursor = page["nextCursor"]
        if cursor is None:
            return
