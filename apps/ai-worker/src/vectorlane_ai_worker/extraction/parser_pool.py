"""A fixed number of parser processes; one that dies or has read enough is replaced."""

import asyncio
import contextlib

import structlog

from ..metrics import Metrics
from ..problems import Problem
from .limits import ParserLimits
from .parser_process import BOOT, Death, ParserDied, ParserProcess, Reply

_RESTART_DELAYS_S = (0.0, 0.5, 2.0, 10.0, 30.0)
_WAIT_FOR_PARSER_S = 15.0

_FAILURES: dict[Death, tuple[str, str]] = {
    "timeout": ("TIMEOUT", "Reading this file took longer than a parser may take."),
    "memory": ("TOO_LARGE", "This file needs more memory than a parser may use. Split it into smaller files."),
    "crash": ("PARSER_CRASHED", "The parser broke down on this file."),
}


class ParserPool:
    def __init__(
        self,
        *,
        size: int,
        max_documents: int,
        timeout_s: float,
        limits: ParserLimits,
        metrics: Metrics,
        boot: str = BOOT,
    ) -> None:
        self._size = size
        self._max_documents = max_documents
        self._timeout_s = timeout_s
        self._limits = limits
        self._metrics = metrics
        self._boot = boot
        self._idle: asyncio.Queue[ParserProcess] = asyncio.Queue()
        self._parsers: set[ParserProcess] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._watching: set[asyncio.Task[None]] = set()
        self._failed_starts = 0
        self._closed = False
        self._log = structlog.get_logger()

    @property
    def usable(self) -> bool:
        """Whether a file is welcome: a parser is there, or another one takes the place of one that had to go."""
        is_replacing = bool(self._starting) and self._failed_starts == 0
        return is_replacing or any(parser.alive for parser in self._parsers)

    @property
    def pids(self) -> list[int]:
        return [parser.pid for parser in self._parsers]

    async def start(self) -> None:
        """Returns once every parser can take a file. Raises `ParserDied` when one cannot be started."""
        await asyncio.gather(*(self._add() for _ in range(self._size)))

    async def parse(self, file: int, expected: str | None, pages: list[int] | None) -> Reply:
        """Has one file parsed; the reply's head is `done`.

        Raises:
            Problem: a failure of the file, or `NOT_READY` when there is no parser.

        """
        parser = await self._take()
        try:
            reply = await parser.parse(file, expected, pages, self._timeout_s)
            if reply.head.get("spent", False):
                # Ended as the watch would have ended it a moment later.
                self._metrics.parser_deaths.labels("memory").inc()
                await parser.end("memory")
        except ParserDied as death:
            self._metrics.parser_deaths.labels(death.of).inc()
            code, detail = _FAILURES[death.of]
            raise Problem(code, detail) from None
        except asyncio.CancelledError:
            self._metrics.parser_deaths.labels("cancelled").inc()
            raise
        finally:
            self._give_back(parser)
        if reply.head["kind"] != "done":
            raise Problem(reply.head["code"], reply.head["detail"])
        return reply

    async def close(self) -> None:
        self._closed = True
        tasks = [*self._starting, *self._watching]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(parser.end("cancelled") for parser in list(self._parsers)))
        self._parsers.clear()
        self._show()

    def kill(self) -> None:
        """Without waiting; for the last moment of this process."""
        for parser in self._parsers:
            parser.kill()

    async def _take(self) -> ParserProcess:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WAIT_FOR_PARSER_S):
                while True:
                    parser = await self._idle.get()
                    if parser.alive:
                        return parser
                    self._replace(parser)
        raise Problem("NOT_READY", "No parser could be started.", retry_after_s=5)

    def _give_back(self, parser: ParserProcess) -> None:
        # What a large file has taken, allocators seldom give back.
        is_bloated = parser.resident_bytes() > self._limits.max_memory_bytes // 2
        if parser.alive and not is_bloated and parser.documents < self._max_documents:
            self._idle.put_nowait(parser)
        else:
            self._replace(parser)

    def _replace(self, parser: ParserProcess) -> None:
        """Once for each parser; later calls find it done."""
        if parser not in self._parsers:
            return
        self._parsers.discard(parser)
        self._show()
        if not self._closed:
            task = asyncio.create_task(self._end_and_add(parser))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _end_and_add(self, parser: ParserProcess) -> None:
        await parser.end("cancelled")
        while not self._closed:
            await asyncio.sleep(_RESTART_DELAYS_S[min(self._failed_starts, len(_RESTART_DELAYS_S) - 1)])
            try:
                await self._add()
            except (ParserDied, OSError) as error:
                self._failed_starts += 1
                self._log.error("a parser could not be started", error=type(error).__name__)
            else:
                self._failed_starts = 0
                return

    async def _add(self) -> None:
        parser = await ParserProcess.start(self._limits, self._boot)
        self._parsers.add(parser)
        self._idle.put_nowait(parser)
        self._show()
        watch = asyncio.create_task(self._replace_if_lost(parser))
        self._watching.add(watch)
        watch.add_done_callback(self._watching.discard)

    async def _replace_if_lost(self, parser: ParserProcess) -> None:
        """One that dies between two files has nobody who would notice."""
        await parser.gone()
        if not parser.busy:
            self._replace(parser)

    def _show(self) -> None:
        self._metrics.parsers.set(len(self._parsers))
