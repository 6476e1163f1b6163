"""The parent's side of one parser process: starts it, gives it one file at a time, and ends it when it must."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from .limits import ParserLimits
from .wire import LENGTHS, MAX_BODY_BYTES, MAX_HEAD_BYTES, Head

Death = Literal["timeout", "memory", "crash", "cancelled"]

_START_TIMEOUT_S = 60.0
_WATCH_INTERVAL_S = 0.05
_REAP_TIMEOUT_S = 5.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
#: A parser that dies this near to its bound has died of it: libraries abort when memory is denied.
_NEARLY = 0.85

#: Isolated from the environment, the working directory and the user's packages; our own sources by their path alone.
BOOT = """
import sys
sys.path.insert(0, sys.argv[1])
from vectorlane_ai_worker.extraction.parser_main import main
main(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
"""
_SOURCES = str(Path(__file__).resolve().parents[2])


class ParserDied(Exception):
    """The process is gone, and the file in its hands with it."""

    def __init__(self, of: Death) -> None:
        super().__init__(of)
        self.of: Death = of


@dataclass(frozen=True, slots=True)
class Reply:
    head: Head
    body: bytes


class ParserProcess:
    def __init__(self, process: Process, channel: socket.socket, max_memory_bytes: int) -> None:
        self._process = process
        self._channel = channel
        self._max_memory_bytes = max_memory_bytes
        self._peak_bytes = 0
        self._ended: Death | None = None
        self.documents = 0
        #: A file is in its hands; the sender learns of its end.
        self.busy = False

    @classmethod
    async def start(cls, limits: ParserLimits, boot: str = BOOT) -> Self:
        """Starts a process and waits until it can take a file.

        Must be called on the main thread, which the process is told to die with. Raises `ParserDied`.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = [_SOURCES, str(theirs.fileno()), str(os.getpid()), limits.to_json()]
            tessdata = os.environ.get("TESSDATA_PREFIX")
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-B", "-c", boot, *arguments),
                pass_fds=[theirs.fileno()],
                env={} if tessdata is None else {"TESSDATA_PREFIX": tessdata},
                stdin=DEVNULL,
                stdout=DEVNULL,
                # What parsers complain of may quote the file.
                stderr=DEVNULL,
                # Out of reach of the terminal's Ctrl-C, and one group with Tesseract.
                start_new_session=True,
            )
        ours.setblocking(False)
        parser = cls(process, ours, limits.max_memory_bytes)
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await parser._read_reply()
        except BaseException as error:
            await parser.end("cancelled")
            if isinstance(error, asyncio.CancelledError):
                raise
            raise ParserDied("crash") from None
        return parser

    @property
    def alive(self) -> bool:
        return self._ended is None and self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def resident_bytes(self) -> int:
        """0 where that cannot be told."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE_BYTES
        except (OSError, IndexError, ValueError):
            return 0

    async def parse(self, file: int, expected: str | None, pages: list[int] | None, timeout_s: float) -> Reply:
        """Has one file parsed.

        Args:
            file: descriptor, at its beginning.
            expected: the format the caller takes it for.
            pages: of a PDF, those that are wanted; all without it.
            timeout_s: after which the process is killed.

        Raises:
            ParserDied: and why.

        """
        self.documents += 1
        self.busy = True
        # Each file answers for itself: what one before it needed is no reason why this one's parser died.
        self._peak_bytes = 0
        watch = asyncio.create_task(self._watch_memory())
        try:
            async with asyncio.timeout(timeout_s):
                request = json.dumps({"format": expected, "pages": pages}).encode() + b"\n"
                # Far below what a socket's buffer takes at once, so that it never blocks.
                socket.send_fds(self._channel, [request], [file])
                return await self._read_reply()
        except TimeoutError:
            await self.end("timeout")
            raise ParserDied("timeout") from None
        except (OSError, EOFError, ValueError):
            died_of: Death = "memory" if self._peak_bytes >= _NEARLY * self._max_memory_bytes else "crash"
            await self.end(died_of)
            raise ParserDied(self._ended or died_of) from None
        except asyncio.CancelledError:
            await self.end("cancelled")
            raise
        finally:
            watch.cancel()
            self.busy = False

    async def gone(self) -> None:
        """Returns once the process has ended, for whatever reason."""
        await self._process.wait()

    async def end(self, reason: Death) -> None:
        """Kills the process and everything it started. Safe to call twice."""
        self._ended = self._ended or reason
        self.kill()
        with suppress(TimeoutError):
            async with asyncio.timeout(_REAP_TIMEOUT_S):
                await self._process.wait()
                await self._reap_orphans()
        self._channel.close()

    def kill(self) -> None:
        """Without waiting; for the last moment of this process."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    async def _reap_orphans(self) -> None:
        """As PID 1 we inherit what the parser had started, and nobody else will take note of its end."""
        while True:
            try:
                reaped, _ = os.waitpid(-self.pid, os.WNOHANG)  # does not wait
            except ChildProcessError:
                return
            if reaped == 0:
                await asyncio.sleep(0.01)

    async def _watch_memory(self) -> None:
        while True:
            resident = self.resident_bytes()
            self._peak_bytes = max(self._peak_bytes, resident)
            if resident > self._max_memory_bytes:
                self._ended = "memory"
                self.kill()
                return
            await asyncio.sleep(_WATCH_INTERVAL_S)

    async def _read_reply(self) -> Reply:
        head_bytes, body_bytes = LENGTHS.unpack(await self._read(LENGTHS.size))
        if head_bytes > MAX_HEAD_BYTES or body_bytes > MAX_BODY_BYTES:
            raise ValueError("the parser's reply is larger than it can be")
        head: Head = json.loads(await self._read(head_bytes))
        return Reply(head, bytes(await self._read(body_bytes)))

    async def _read(self, count: int) -> bytearray:
        loop = asyncio.get_running_loop()
        data = bytearray(count)
        view = memoryview(data)
        done = 0
        while done < count:
            received = await loop.sock_recv_into(self._channel, view[done:])
            if received == 0:
                raise EOFError
            done += received
        return data
