"""What every request passes, refused or not: its id, the clock, one log line, the counters, an orderly refusal."""

import asyncio
import re
import time
import uuid
from typing import Any

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .lifecycle import Lifecycle
from .logs import frames_of
from .metrics import METHODS, Metrics

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_QUIET = frozenset({"/health", "/ready", "/metrics"})
_CLIENT_GONE = 499
_FIRST_ERROR = 400
#: After a refusal the rest of the body is read and thrown away for so long: closing at once would reset the
#: connection, and the refusal could be lost with it.
_LINGER_S = 2.0


class RequestPipeline:
    def __init__(self, app: ASGIApp, *, metrics: Metrics, lifecycle: Lifecycle, routes: frozenset[str]) -> None:
        self._app = app
        self._metrics = metrics
        self._lifecycle = lifecycle
        self._routes = routes
        self._log = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._lifecycle)
        with structlog.contextvars.bound_contextvars(requestId=exchange.request_id):
            error: BaseException | None = None
            try:
                await self._app(scope, exchange.receive, exchange.send)
            except ClientDisconnect:
                exchange.status = _CLIENT_GONE
            except asyncio.CancelledError:
                self._lifecycle.request_cut_off = True
                raise
            except Exception as caught:  # the last place that can; answered by the app's own handler
                error = caught
            finally:
                self._finish(scope, exchange, error)

    def _finish(self, scope: Scope, exchange: "_Exchange", error: BaseException | None) -> None:
        seconds = time.monotonic() - exchange.began
        method = scope["method"] if scope["method"] in METHODS else "other"
        path = getattr(scope.get("route"), "path", None)
        template = path if path in self._routes else "unmatched"
        status = exchange.status or _CLIENT_GONE
        labels = (method, template, str(status))
        self._metrics.http_requests.labels(*labels).inc()
        self._metrics.http_request_duration.labels(*labels).observe(seconds)
        fields: dict[str, Any] = {
            "method": method,
            "path": template,
            "status": status,
            "durationMs": round(seconds * 1000, 1),
            "requestBytes": exchange.request_bytes,
            "responseBytes": exchange.response_bytes,
            **scope.get("log_fields", {}),
        }
        if error is not None:
            self._log.error("request failed", error=frames_of(error), **fields)
        elif template in _QUIET:
            self._log.debug("request", **fields)
        else:
            self._log.info("request", **fields)


class _Exchange:
    """Watches one request and its answer from outside of the app."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, lifecycle: Lifecycle) -> None:
        self._receive = receive
        self._send = send
        self._lifecycle = lifecycle
        self._body_complete = False
        self.began = time.monotonic()
        self.status = 0
        self.request_bytes = 0
        self.response_bytes = 0
        headers = dict(scope["headers"])
        presented = headers.get(b"x-request-id", b"")
        has_body = b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
        self._body_complete = not has_body
        # A client that waits for "100 Continue" has not sent anything yet, and learns from the answer not to.
        self._awaits_continue = headers.get(b"expect", b"").lower() == b"100-continue"
        self.request_id = presented.decode() if _REQUEST_ID.fullmatch(presented) else str(uuid.uuid4())
        scope["request_id"] = self.request_id

    async def receive(self) -> Message:
        message = await self._receive()
        self._awaits_continue = False
        if message["type"] == "http.request":
            self.request_bytes += len(message.get("body", b""))
            self._body_complete = not message.get("more_body", False)
        else:
            self._body_complete = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            extra = [(b"x-request-id", self.request_id.encode())]
            if self._lifecycle.draining:
                # Kept connections would be reset when the port closes.
                extra.append((b"connection", b"close"))
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        elif message["type"] == "http.response.body":
            self.response_bytes += len(message.get("body", b""))
            is_last = not message.get("more_body", False)
            if is_last and self.status >= _FIRST_ERROR and not self._body_complete and not self._awaits_continue:
                await self._send({**message, "more_body": True})
                await self._linger()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(_LINGER_S):
                while not self._body_complete:
                    await self.receive()
        except TimeoutError:
            return
