"""Refuses early instead of queueing without end: a bounded number in work, a bounded number waiting, then 429."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .metrics import Metrics
from .problems import Problem

_MAX_RETRY_AFTER_S = 60
#: Weight of the newest request in the running average of how long one takes.
_NEWEST = 0.2


class Admission:
    """Places for one kind of request. A place is taken before the body is read and given back with the answer."""

    def __init__(self, operation: str, *, in_work: int, waiting: int, max_wait_s: float, metrics: Metrics) -> None:
        self._operation = operation
        self._in_work = in_work
        self._places = in_work + waiting
        self._max_wait_s = max_wait_s
        self._turns = asyncio.Semaphore(in_work)
        self._metrics = metrics
        self._admitted = 0
        self._working = 0
        self._average_s = 1.0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Raises `BUSY` at once when all places are taken."""
        if self._admitted >= self._places:
            raise self._busy("full")
        self._admitted += 1
        self._show()
        try:
            yield
        finally:
            self._admitted -= 1
            self._show()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for work to begin; raises `BUSY` when that takes too long."""
        try:
            async with asyncio.timeout(self._max_wait_s):
                await self._turns.acquire()
        except TimeoutError:
            raise self._busy("waited") from None
        self._working += 1
        self._show()
        began = time.monotonic()
        try:
            yield
        finally:
            self._average_s += _NEWEST * (time.monotonic() - began - self._average_s)
            self._working -= 1
            self._turns.release()
            self._show()

    def _busy(self, reason: str) -> Problem:
        self._metrics.rejections.labels(self._operation, reason).inc()
        # When the one who asks now would have had its turn.
        seconds = math.ceil(self._average_s * max(1, self._admitted) / self._in_work)
        return Problem(
            "BUSY",
            "Too many requests of this kind are in work. Try again later.",
            retry_after_s=min(max(seconds, 1), _MAX_RETRY_AFTER_S),
        )

    def _show(self) -> None:
        self._metrics.in_work.labels(self._operation).set(self._working)
        self._metrics.queue_depth.labels(self._operation).set(self._admitted - self._working)
