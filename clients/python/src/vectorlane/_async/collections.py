"""Collections, which keep documents apart."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from .pages import items_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from .._types import Collection
    from .transport import AsyncTransport

_PATH = "/api/collections"


class AsyncCollections:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self, name: str, *, description: str | None = None, metadata: Mapping[str, object] | None = None
    ) -> Collection:
        """Make one; an upload that names one does it too. A `ConflictError` where it is there already."""
        body: dict[str, object] = {"name": name}
        if description is not None:
            body["description"] = description
        if metadata is not None:
            body["metadata"] = metadata
        created: Collection = await self._transport.json("POST", _PATH, json=body, repeatable=False)
        return created

    def list(self, *, page_size: int = 100) -> AsyncIterator[Collection]:
        return items_of(self._transport, _PATH, {"limit": page_size})

    async def get(self, name: str) -> Collection:
        found: Collection = await self._transport.json("GET", f"{_PATH}/{quote(name, safe='')}", repeatable=True)
        return found

    async def update(self, name: str, changes: Mapping[str, object]) -> Collection:
        """`description` and `metadata`; a key of the metadata that is None is removed."""
        path = f"{_PATH}/{quote(name, safe='')}"
        changed: Collection = await self._transport.json("PATCH", path, json=changes, repeatable=True)
        return changed

    async def delete(self, name: str) -> None:
        """Delete it with all its documents."""
        await self._transport.send("DELETE", f"{_PATH}/{quote(name, safe='')}", repeatable=True)
