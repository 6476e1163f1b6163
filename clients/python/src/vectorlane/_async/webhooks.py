"""Receivers that are told of events; `verify_webhook` is for those who receive."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from .pages import items_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from .._types import Delivery, DeliveryStatus, EventType, Webhook
    from .transport import AsyncTransport

_PATH = "/api/webhooks"


class AsyncWebhooks:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        url: str,
        *,
        types: Sequence[EventType] | None = None,
        collections: Sequence[str] | None = None,
        description: str | None = None,
    ) -> Webhook:
        """Make one; `secret` is shown this once."""
        given = {
            "url": url,
            "types": None if types is None else list(types),
            "collections": None if collections is None else list(collections),
            "description": description,
        }
        body = {field: value for field, value in given.items() if value is not None}
        created: Webhook = await self._transport.json("POST", _PATH, json=body, repeatable=False)
        return created

    def list(self, *, page_size: int = 100) -> AsyncIterator[Webhook]:
        return items_of(self._transport, _PATH, {"limit": page_size})

    async def get(self, webhook_id: str) -> Webhook:
        found: Webhook = await self._transport.json("GET", _path(webhook_id), repeatable=True)
        return found

    async def update(self, webhook_id: str, changes: Mapping[str, object]) -> Webhook:
        """`url`, `description`, `types`, `collections`, `enabled`; `rotateSecret` makes and shows another secret."""
        repeatable = "rotateSecret" not in changes
        changed: Webhook = await self._transport.json("PATCH", _path(webhook_id), json=changes, repeatable=repeatable)
        return changed

    async def delete(self, webhook_id: str) -> None:
        """With its deliveries."""
        await self._transport.send("DELETE", _path(webhook_id), repeatable=True)

    async def test(self, webhook_id: str) -> Delivery:
        """Send it an event `webhook.test`."""
        sent: Delivery = await self._transport.json("POST", _path(webhook_id, "/test"), repeatable=False)
        return sent

    def deliveries(
        self, webhook_id: str, *, status: DeliveryStatus | None = None, page_size: int = 100
    ) -> AsyncIterator[Delivery]:
        """Newest first, kept for three days."""
        return items_of(self._transport, _path(webhook_id, "/deliveries"), {"status": status, "limit": page_size})

    async def retry(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Send a delivery again, whatever became of it."""
        path = _path(webhook_id, f"/deliveries/{quote(delivery_id, safe='')}/retry")
        sent: Delivery = await self._transport.json("POST", path, repeatable=False)
        return sent


def _path(webhook_id: str, rest: str = "") -> str:
    return f"{_PATH}/{quote(webhook_id, safe='')}{rest}"
