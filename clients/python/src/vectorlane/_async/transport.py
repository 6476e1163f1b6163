"""Sends requests, again where that is safe, and turns refusals into errors."""

from __future__ import annotations

import json as json_module
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx

from .. import _runtime_async as runtime
from .._errors import ConnectionFailedError, UnexpectedAnswerError, VectorlaneError, error_of
from .._form import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from .._form import Form
    from .._retries import RetryPolicy

#: Errors of httpx that come before anything was sent.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class AsyncTransport:
    def __init__(self, client: httpx.AsyncClient, retries: RetryPolicy) -> None:
        self._client = client
        self._retries = retries

    async def close(self) -> None:
        await self._client.aclose()

    async def json(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        form: Form | None = None,
    ) -> Any:
        response = await self.send(method, path, repeatable=repeatable, json=json, params=params, form=form)
        try:
            return response.json()
        except (json_module.JSONDecodeError, UnicodeDecodeError) as error:
            raise UnexpectedAnswerError(f"{method} {path} was not answered with JSON") from error

    async def send(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        form: Form | None = None,
    ) -> httpx.Response:
        """Send it, and again where `repeatable` allows. A stream that has no beginning is sent once."""
        tries = 0
        while True:
            tries += 1
            cause: Exception | None = None
            try:
                response = await self._once(method, path, json, params, form)
            except httpx.RequestError as error:
                failure, cause = _failure_of(error), error
            else:
                if response.is_success:
                    return response
                failure = error_of(response)
            delay = self._retries.delay(failure, tries, repeatable=repeatable)
            if delay is None or (form is not None and not form.source.reopens):
                raise failure from cause
            await runtime.sleep(delay)

    async def _once(
        self, method: str, path: str, json: object, params: Mapping[str, Any] | None, form: Form | None
    ) -> httpx.Response:
        if form is not None:
            return await self._client.request(method, path, content=_body_of(form), headers=form.headers)
        return await self._client.request(method, path, json=json, params=params)

    @asynccontextmanager
    async def lines(
        self, path: str, params: Mapping[str, Any], headers: Mapping[str, str], read_timeout: float
    ) -> AsyncIterator[AsyncIterator[str]]:
        """Open an event stream, once."""
        timeout = httpx.Timeout(self._client.timeout.connect, read=read_timeout)
        accept = {**headers, "Accept": "text/event-stream"}
        try:
            async with self._client.stream("GET", path, params=params, headers=accept, timeout=timeout) as response:
                if not response.is_success:
                    await response.aread()
                    raise error_of(response)
                if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                    raise UnexpectedAnswerError(f"{path} is no event stream")
                yield response.aiter_lines()
        except httpx.RequestError as error:
            raise _failure_of(error) from error


def _failure_of(error: httpx.RequestError) -> VectorlaneError:
    if isinstance(error, httpx.LocalProtocolError):
        return VectorlaneError(f"the request could not be sent, its file may have changed meanwhile: {error}")
    sent = not isinstance(error, _UNSENT)
    return ConnectionFailedError(f"{type(error).__name__}: {error} ({error.request.url})", sent=sent)


async def _body_of(form: Form) -> AsyncIterator[bytes]:
    yield form.head
    stream = await runtime.call(form.source.open)
    try:
        while chunk := await runtime.call(stream.read, CHUNK_BYTES):
            yield chunk
    finally:
        if form.source.closes:
            await runtime.call(stream.close)
    yield form.tail
