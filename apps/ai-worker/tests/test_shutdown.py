"""The ordered end, by real signals to a real process."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from .support import MODULE, ODD, Worker, is_running, running, said, within


def work(worker: Worker, what: str) -> httpx.Response:
    return worker.post("/v1/recognise", content=what.encode())


def in_work(worker: Worker) -> bool:
    return within(10, lambda: worker.metric('admission_in_work{operation="extract"}') == 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_finish(number: signal.Signals) -> None:
    with running(entry=ODD) as worker, ThreadPoolExecutor() as pool:
        parsers = worker.children()
        asked = pool.submit(work, worker, "sleep:2")
        assert in_work(worker)
        worker.process.send_signal(number)
        worker.line("starting graceful shutdown")
        answer = asked.result(30)
        assert (answer.status_code, said(answer)) == (200, "sleep done")
        assert worker.wait() == 0
        assert worker.lines()[-1]["msg"] == "shutdown complete"
        assert not any(map(is_running, parsers))
        with pytest.raises(httpx.ConnectError):
            worker.get("/health")


def test_it_keeps_serving_while_it_drains() -> None:
    with running(entry=ODD, SHUTDOWN_DRAIN_DELAY_MS=2_000) as worker:
        worker.process.send_signal(signal.SIGTERM)
        worker.line("starting graceful shutdown")
        ready = worker.get("/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "shutting_down")
        assert worker.get("/health").status_code == 200
        answer = work(worker, "late")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        assert worker.wait() == 0


def test_what_does_not_finish_is_cut_off() -> None:
    with running(entry=ODD, SHUTDOWN_REQUESTS_TIMEOUT_MS=1_000) as worker, ThreadPoolExecutor() as pool:
        parsers = worker.children()
        asked = pool.submit(work, worker, "hang")
        assert in_work(worker)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 1
        # Either way it learns nothing of its file.
        with contextlib.suppress(httpx.TransportError):
            assert asked.result(20).status_code >= 500
        assert within(10, lambda: not any(map(is_running, parsers)))


def test_an_idle_connection_holds_nothing_up() -> None:
    with running(entry=ODD) as worker, httpx.Client() as client:
        assert client.get(worker.url + "/health").status_code == 200
        worker.process.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0


def test_a_second_signal_exits_at_once() -> None:
    with running(entry=ODD) as worker, ThreadPoolExecutor() as pool:
        parsers = worker.children()
        asked = pool.submit(work, worker, "hang")
        assert in_work(worker)
        worker.process.send_signal(signal.SIGTERM)
        worker.line("starting graceful shutdown")
        time.sleep(1.1)  # what tells a second wish from an echo of the first
        worker.process.send_signal(signal.SIGINT)
        assert worker.wait(5) == 130
        with pytest.raises(httpx.TransportError):
            asked.result(20)
        assert within(10, lambda: not any(map(is_running, parsers)))


def test_an_echo_of_the_signal_is_none() -> None:
    with running(entry=ODD) as worker, ThreadPoolExecutor() as pool:
        asked = pool.submit(work, worker, "sleep:1")
        assert in_work(worker)
        worker.process.send_signal(signal.SIGINT)
        worker.process.send_signal(signal.SIGINT)
        assert asked.result(30).status_code == 200
        assert worker.wait() == 0


def test_a_signal_while_the_model_loads() -> None:
    with running(ready=False) as worker:
        worker.process.send_signal(signal.SIGTERM)
        assert worker.wait() == 0
        assert within(10, lambda: worker.children() == [])


def test_a_taken_port_stops_the_boot() -> None:
    with running(entry=ODD) as worker:
        port = worker.url.rsplit(":", 1)[1]
        with pytest.raises(AssertionError, match="it never came to that"), running(entry=ODD, AI_WORKER_PORT=port):
            pass


def _can_unshare() -> bool:
    if os.getuid() != 0 or shutil.which("unshare") is None:
        return False
    probe = ["unshare", "--pid", "--fork", "--mount-proc", "true"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not _can_unshare(), reason="a PID namespace cannot be made here")
def test_the_same_as_pid_1() -> None:
    wrapper = ["unshare", "--pid", "--fork", "--mount-proc"]
    with running(entry=ODD, wrapper=wrapper, EXTRACTION_TIMEOUT_MS=1_000) as worker, ThreadPoolExecutor() as pool:
        (service,) = worker.children()
        assert work(worker, "hang").json()["code"] == "TIMEOUT"
        asked = pool.submit(work, worker, "sleep:0.8")
        assert in_work(worker)
        os.kill(service, signal.SIGTERM)
        assert asked.result(30).status_code == 200
        assert worker.wait() == 0
        assert worker.lines()[-1]["msg"] == "shutdown complete"


def test_it_ends_with_its_starter_where_asked() -> None:
    # A shell starts the worker and is killed, as npm would be.
    wrapper = ["sh", "-c", '"$@" & wait', "sh"]
    with running(entry=[*MODULE, "--end-with-parent"], wrapper=wrapper) as worker:
        (service,) = worker.children()
        worker.process.kill()
        worker.process.wait(10)
        assert within(20, lambda: not is_running(service))
        assert worker.lines()[-1]["msg"] == "shutdown complete"
