"""API keys, for a key with the scope `admin`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from .pages import items_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from .._types import ApiKey, CreatedApiKey, Scope
    from .transport import AsyncTransport

_PATH = "/api/admin/keys"


class AsyncKeys:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        name: str,
        *,
        scopes: Sequence[Scope],
        collections: Sequence[str] | None = None,
        expires_at: datetime | None = None,
        rate_limit_per_minute: int | str | None = None,
    ) -> CreatedApiKey:
        """Make one; `key` is shown this once. `expires_at` has a time zone; no limit of requests is `"none"`."""
        given = {
            "name": name,
            "scopes": list(scopes),
            "collections": None if collections is None else list(collections),
            "expiresAt": None if expires_at is None else expires_at.isoformat(),
            "rateLimitPerMinute": rate_limit_per_minute,
        }
        body = {field: value for field, value in given.items() if value is not None}
        created: CreatedApiKey = await self._transport.json("POST", _PATH, json=body, repeatable=False)
        return created

    def list(self, *, page_size: int = 100) -> AsyncIterator[ApiKey]:
        return items_of(self._transport, _PATH, {"limit": page_size})

    async def revoke(self, key_id: str) -> None:
        """Refuse it from now on."""
        await self._transport.send("DELETE", f"{_PATH}/{quote(key_id, safe='')}", repeatable=True)
