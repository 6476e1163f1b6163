# Written by scripts/generate.py from _async.
"""Sends requests, again where that is safe, and turns refusals into errors."""

from __future__ import annotations

import json as json_module
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from .. import _runtime_sync as runtime
from .._errors import ConnectionFailedError, UnexpectedAnswerError, VectorlaneError, error_of
from .._form import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .._form import Form
    from .._retries import RetryPolicy

#: Errors of httpx that come before anything was sent.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Transport:
    def __init__(self, client: httpx.Client, retries: RetryPolicy) -> None:
        self._client = client
        self._retries = retries

    def close(self) -> None:
        self._client.close()

    def json(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        form: Form | None = None,
    ) -> Any:
        response = self.send(method, path, repeatable=repeatable, json=json, params=params, form=form)
        try:
            return response.json()
        except (json_module.JSONDecodeError, UnicodeDecodeError) as error:
            raise UnexpectedAnswerError(f"{method} {path} was not answered with JSON") from error

    def send(
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
                response = self._once(method, path, json, params, form)
            except httpx.RequestError as error:
                failure, cause = _failure_of(error), error
            else:
                if response.is_success:
                    return response
                failure = error_of(response)
            delay = self._retries.delay(failure, tries, repeatable=repeatable)
            if delay is None or (form is not None and not form.source.reopens):
                raise failure from cause
            runtime.sleep(delay)

    def _once(
        self, method: str, path: str, json: object, params: Mapping[str, Any] | None, form: Form | None
    ) -> httpx.Response:
        if form is not None:
            return self._client.request(method, path, content=_body_of(form), headers=form.headers)
        return self._client.request(method, path, json=json, params=params)

    @contextmanager
    def lines(
        self, path: str, params: Mapping[str, Any], headers: Mapping[str, str], read_timeout: float
    ) -> Iterator[Iterator[str]]:
        """Open an event stream, once."""
        timeout = httpx.Timeout(self._client.timeout.connect, read=read_timeout)
        accept = {**headers, "Accept": "text/event-stream"}
        try:
            with self._client.stream("GET", path, params=params, headers=accept, timeout=timeout) as response:
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                    raise UnexpectedAnswerError(f"{path} is no event stream")
                yield response.iter_lines()
        except httpx.RequestError as error:
            raise _failure_of(error) from error


def _failure_of(error: httpx.RequestError) -> VectorlaneError:
    if isinstance(error, httpx.LocalProtocolError):
        return VectorlaneError(f"the request could not be sent, its file may have changed meanwhile: {error}")
    sent = not isinstance(error, _UNSENT)
    return ConnectionFailedError(f"{type(error).__name__}: {error} ({error.request.url})", sent=sent)


def _body_of(form: Form) -> Iterator[bytes]:
    yield form.head
    stream = runtime.call(form.source.open)
    try:
        while chunk := runtime.call(stream.read, CHUNK_BYTES):
            yield chunk
    finally:
        if form.source.closes:
            runtime.call(stream.close)
    yield form.tail
