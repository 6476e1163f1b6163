"""A worker as an operator runs it: a process of its own, spoken to over HTTP and signals."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

APP = Path(__file__).resolve().parents[1]
REPOSITORY = APP.parents[1]
TOKEN = "t0ken-" + "x" * 40
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
START_TIMEOUT_S = 60.0
#: Set by `npm run test:full`.
FULL_SIZE = os.environ.get("TEST_FULL") == "1"
_T = TypeVar("_T")
MODULE = ["-m", "vectorlane_ai_worker"]
#: A worker whose parsers do what the file says; see odd_worker.py.
ODD = ["-m", "tests.odd_worker"]


def environment(**settings: object) -> dict[str, str]:
    """Nothing of ours but the settings; two parsers and a model take their time on a busy machine."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    sources = os.pathsep.join([str(APP / "src"), str(APP)])
    defaults = {"AI_WORKER_TOKEN": TOKEN, "AI_WORKER_PORT": "0", "EXTRACTION_CONCURRENCY": "1", "LOG_LEVEL": "debug"}
    own = {name: str(value) for name, value in settings.items()}
    return {**inherited, "PYTHONPATH": sources, "PYTHONDONTWRITEBYTECODE": "1", **defaults, **own}


def said(answer: httpx.Response) -> str:
    """The words of an answer, page after page."""
    return " ".join(word["text"] for page in answer.json()["pages"] for word in page["words"])


class Worker:
    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log
        self.url = ""

    @classmethod
    def launch(cls, settings: dict[str, object], entry: list[str], wrapper: list[str], log: Path) -> Self:
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*wrapper, sys.executable, *entry],
                env=environment(**settings),
                cwd=APP,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return cls(process, log)

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def lines(self) -> list[dict[str, Any]]:
        """Log lines; a half-written last one is left for the next look."""
        found = [line for line in self.output.splitlines() if line.startswith("{") and line.endswith("}")]
        return [json.loads(line) for line in found]

    def line(self, message: str) -> dict[str, Any]:
        return self.until(lambda: next((line for line in self.lines() if line["msg"] == message), None))

    def until(self, look: Callable[[], _T | None], timeout_s: float = START_TIMEOUT_S) -> _T:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            if self.process.poll() is not None and look() is None:
                break
            time.sleep(0.02)
        raise AssertionError(f"it never came to that:\n{self.output[-4000:]}")

    def post(self, path: str, **arguments: Any) -> httpx.Response:
        headers = {**AUTHORISED, **arguments.pop("headers", {})}
        return httpx.post(self.url + path, headers=headers, timeout=100, **arguments)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=30)

    def metric(self, name: str) -> float:
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"{name} is not among the metrics")

    def children(self) -> list[int]:
        return children_of(self.process.pid)

    def wait(self, timeout_s: float = 60) -> int:
        return self.process.wait(timeout_s)


@contextmanager
def running(
    *, entry: list[str] | None = None, wrapper: list[str] | None = None, ready: bool = True, **settings: object
) -> Iterator[Worker]:
    """A started worker, and none of it left afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker.launch(settings, entry or MODULE, wrapper or [], Path(folder) / "log")
        try:
            worker.url = worker.line("listening")["url"]
            if ready:
                worker.line("ready")
            yield worker
        finally:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGKILL)
                worker.process.wait(10)


def children_of(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in listed.split()]


def is_running(pid: int) -> bool:
    """Zombies do not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
