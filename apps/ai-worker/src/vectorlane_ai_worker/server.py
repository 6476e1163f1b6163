"""The process: starts, serves, and ends in order.

SIGTERM or SIGINT: `/ready` turns 503, serving goes on for the drain delay, the port closes, requests in flight finish
within their bound, the parsers end, exit 0. What had to be cut off makes it 1. A second signal at least a second after
the first exits at once (a Ctrl-C reaches a process twice under npm).
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Coroutine, Iterator
from typing import Any

import structlog
import uvicorn

from .app import AiWorker
from .extraction.parser_process import ParserDied
from .inference import ModelFilesError
from .logs import frames_of

_SECOND_SIGNAL_AFTER_S = 1.0
_KEEP_ALIVE_S = 75
_CLOSE_TIMEOUT_S = 10.0


class _Server(uvicorn.Server):
    """uvicorn without its own signals, and with word of the address it got."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @property
    def url(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Process:
    def __init__(self, worker: AiWorker) -> None:
        self._worker = worker
        self._settings = worker.settings
        self._log = structlog.get_logger()
        self._first_signal_at: float | None = None
        self._failed = False
        self._tasks: set[asyncio.Task[None]] = set()
        config = uvicorn.Config(
            worker.asgi(),
            host=self._settings.ai_worker_host,
            port=self._settings.ai_worker_port,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # Who a caller is, is told by the token alone.
            proxy_headers=False,
            limit_concurrency=self._settings.max_connections,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=max(1, round(self._settings.shutdown_requests_timeout_ms / 1000)),
            http="h11",
            ws="none",
        )
        self._server = _Server(config)

    async def run(self) -> int:
        """Serves until a signal; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        starting = self._spawn(self._start())
        try:
            await self._server.serve()
        finally:
            starting.cancel()
            await self._see_off()
            await self._close()
        if self._first_signal_at is not None:
            self._log.info("shutdown complete")
        return 1 if self._failed or self._worker.lifecycle.request_cut_off else 0

    async def _start(self) -> None:
        began = time.monotonic()
        if not self._worker.ocr_available:
            self._log.warning("text recognition is not available", reason=self._worker.ocr_missing)
        while not self._server.started:
            if self._server.should_exit:
                return
            await asyncio.sleep(0.01)
        self._log.info("listening", url=self._server.url)
        try:
            await self._worker.start()
        except ModelFilesError as error:
            self._fail(str(error))
        except ParserDied:
            self._fail("The parser processes cannot be started.")
        except Exception as error:  # whatever it is, it must not be a process that never gets ready
            self._fail(f"The start failed: {frames_of(error)}.")
        else:
            self._log.info("ready", durationMs=round((time.monotonic() - began) * 1000))

    def _fail(self, message: str) -> None:
        self._failed = True
        self._log.critical(message)
        self._server.should_exit = True

    def _on_signal(self, number: signal.Signals) -> None:
        now = time.monotonic()
        if self._first_signal_at is None:
            self._first_signal_at = now
            self._log.info("starting graceful shutdown", signal=number.name)
            self._worker.lifecycle.drain()
            self._spawn(self._drain())
        elif now - self._first_signal_at >= _SECOND_SIGNAL_AFTER_S:
            self._log.warning("second signal, exiting at once", signal=number.name)
            self._worker.pool.kill()
            sys.stdout.flush()
            os._exit(128 + number)

    async def _drain(self) -> None:
        await asyncio.sleep(self._settings.shutdown_drain_delay_ms / 1000)
        self._server.should_exit = True

    async def _see_off(self) -> None:
        """What the server has cut off at the deadline still has to end, and makes the exit code 1."""
        left = list(self._server.server_state.tasks)
        if left:
            self._failed = True
            self._log.warning("requests were cut off", requests=len(left))
            await asyncio.wait(left, timeout=_CLOSE_TIMEOUT_S)

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._worker.close()
        except TimeoutError:
            self._failed = True
            self._log.error("the parsers did not end in time")
            self._worker.pool.kill()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
