"""One service that answers as a test says, driven by the synchronous and by the asynchronous client."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx

from vectorlane import AsyncVectorlane, RetryPolicy, Vectorlane

Handler = Callable[[httpx.Request], httpx.Response]


class Driver:
    """`client` is of either kind; `run` gives what a call of it gives in the end, iterators as lists."""

    def __init__(self, kind: str, pauses: list[float]) -> None:
        self.kind = kind
        self.pauses = pauses
        self.requests: list[httpx.Request] = []
        self.client: Any = None

    def serve(self, handler: Handler, retries: RetryPolicy | None = None) -> Any:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return handler(request)

        transport = httpx.MockTransport(answer)
        kind: Any = AsyncVectorlane if self.kind == "async" else Vectorlane
        self.client = kind("http://service.test", api_key="vl_key", retries=retries, transport=transport)
        return self.client

    def run(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            return asyncio.run(_awaited(value))
        if isinstance(value, AsyncIterator):
            return asyncio.run(_listed(value))
        return list(value) if isinstance(value, Iterator) else value


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


async def _listed(value: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in value]


def document(**fields: Any) -> dict[str, Any]:
    return {
        "id": "d1",
        "collection": "default",
        "revision": 1,
        "filename": "bees.md",
        "status": "completed",
        "stage": "completed",
        "metadata": {},
        **fields,
    }


def problem(status: int, code: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    body = {"title": code, "detail": f"{code}!", "status": status, "code": code, "requestId": "r1", **fields}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json", **(headers or {})})
