"""Parsers are processes that may be killed: whatever a file makes them do, the next file is read."""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from .pdf_builder import needs_tesseract, scanned_pdf
from .support import AUTHORISED, ODD, Worker, children_of, is_running, running, said, within

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def odd() -> Iterator[Worker]:
    with running(
        entry=ODD, EXTRACTION_TIMEOUT_MS=1_500, PARSER_MAX_MEMORY_BYTES=256 * MEBIBYTE, SECRET_OF_OURS="hidden"
    ) as started:
        yield started


def work(worker: Worker, what: str) -> httpx.Response:
    return worker.post("/v1/recognise", content=what.encode())


def outcome(worker: Worker, what: str) -> tuple[int, str, bool]:
    answer = work(worker, what)
    body = answer.json()
    return answer.status_code, body["code"], body["retryable"]


def pid_of_parser(worker: Worker) -> int:
    return int(said(work(worker, "pid")))


def deaths(worker: Worker, reason: str) -> float:
    return worker.metric(f'parser_deaths_total{{reason="{reason}"}}')


@pytest.mark.parametrize(
    ("what", "expected", "reason"),
    [
        ("hang", (422, "TIMEOUT", True), "timeout"),
        ("eat", (422, "TOO_LARGE", False), "memory"),
        # Faster than anybody looks: the kernel denies it, the parser can still say so, and goes all the same.
        ("fill", (422, "TOO_LARGE", False), "memory"),
        ("abort", (422, "PARSER_CRASHED", True), "crash"),
    ],
)
def test_a_parser_that_is_ended_takes_one_file_with_it(
    odd: Worker, what: str, expected: tuple[int, str, bool], reason: str
) -> None:
    parser, before = pid_of_parser(odd), deaths(odd, reason)
    began = time.monotonic()
    assert outcome(odd, what) == expected
    assert time.monotonic() - began < 20
    assert not is_running(parser)
    assert deaths(odd, reason) == before + 1
    assert said(work(odd, "next")) == "next done"
    assert pid_of_parser(odd) != parser


def test_memory_asked_for_at_once_is_denied_and_the_parser_lives(odd: Worker) -> None:
    parser = pid_of_parser(odd)
    assert outcome(odd, "gulp") == (422, "TOO_LARGE", False)
    assert pid_of_parser(odd) == parser


def test_parsers_have_no_environment(odd: Worker) -> None:
    told = json.loads(said(work(odd, "env")))
    # What Python itself puts there for its locale, and our package for a library that reports to its maker.
    assert set(told["env"]) <= {"LC_CTYPE", "ORT_DISABLE_TELEMETRY"}
    command = Path(f"/proc/{told['pid']}/cmdline").read_text()
    assert AUTHORISED["Authorization"].split()[1] not in command


def test_a_parser_that_dies_while_idle_is_replaced(odd: Worker) -> None:
    parser = pid_of_parser(odd)
    os.kill(parser, signal.SIGKILL)
    assert within(10, lambda: not is_running(parser))
    assert within(10, lambda: odd.get("/ready").status_code == 200)
    assert work(odd, "next").status_code == 200


def test_while_a_parser_is_replaced_the_service_stays_ready(odd: Worker) -> None:
    assert outcome(odd, "abort") == (422, "PARSER_CRASHED", True)
    assert odd.get("/ready").status_code == 200


def test_a_caller_who_hangs_up_has_its_parser_killed() -> None:
    with running(entry=ODD) as worker:
        parser = pid_of_parser(worker)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(worker.url + "/v1/recognise", content=b"hang", headers=AUTHORISED, timeout=0.5)
        assert within(10, lambda: not is_running(parser))
        assert work(worker, "next").status_code == 200
        assert deaths(worker, "cancelled") == 1
        worker.until(lambda: [line for line in worker.lines() if line.get("status") == 499])


def test_parsers_are_replaced_in_time() -> None:
    with running(entry=ODD, PARSER_MAX_DOCUMENTS=2) as worker:
        seen = [pid_of_parser(worker) for _ in range(5)]
        assert seen[0] == seen[1]
        assert len(set(seen)) == 3
        assert within(10, lambda: not is_running(seen[0]))


def test_parsers_end_with_a_killed_service() -> None:
    with running(entry=ODD, EXTRACTION_CONCURRENCY=2) as worker:
        parsers = worker.children()
        assert len(parsers) == 2
        with ThreadPoolExecutor() as pool:
            lost = pool.submit(work, worker, "hang")
            assert within(10, lambda: worker.metric('admission_in_work{operation="extract"}') == 1)
            worker.process.kill()
            with pytest.raises(httpx.TransportError):
                lost.result(20)
        assert within(10, lambda: not any(map(is_running, parsers)))


def test_nothing_is_left_in_the_temporary_or_home_folder(tmp_path: Path) -> None:
    with running(entry=ODD, TMPDIR=tmp_path, HOME=tmp_path) as worker:
        body = {"model": "gte-small", "input": "What a library has to report, it would report by now."}
        assert worker.post("/v1/embeddings", json=body).status_code == 200
        with ThreadPoolExecutor() as pool:
            lost = pool.submit(work, worker, "hang")
            assert within(10, lambda: worker.metric('admission_in_work{operation="extract"}') == 1)
            assert list(tmp_path.iterdir()) == []
            worker.process.kill()
            with pytest.raises(httpx.TransportError):
                lost.result(20)
        assert list(tmp_path.iterdir()) == []


@pytest.fixture
def slow_tesseract(tmp_path: Path) -> Path:
    """Knows its languages and then takes for ever."""
    program = tmp_path / "tesseract"
    program.write_text('#!/bin/sh\n[ "$1" = --list-langs ] && echo eng && exit 0\ncat >/dev/null\nexec sleep 600\n')
    program.chmod(0o755)
    return program


def test_tesseract_is_bounded_page_by_page(slow_tesseract: Path) -> None:
    with running(TESSERACT_PATH=slow_tesseract, OCR_PAGE_TIMEOUT_MS=400) as worker:
        (parser,) = worker.children()
        answer = worker.post("/v1/recognise", content=scanned_pdf())
        assert (answer.status_code, answer.json()["code"]) == (422, "TIMEOUT")
        assert "Recognising a page" in answer.json()["detail"]
        # The parser itself goes on.
        assert worker.children() == [parser]
        assert within(10, lambda: children_of(parser) == [])


def test_tesseract_ends_with_its_parser(slow_tesseract: Path) -> None:
    with running(TESSERACT_PATH=slow_tesseract, EXTRACTION_TIMEOUT_MS=1_500) as worker:
        (parser,) = worker.children()
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(worker.post, "/v1/recognise", content=scanned_pdf())
            assert within(10, lambda: len(children_of(parser)) == 1)
            (tesseract,) = children_of(parser)
            assert asked.result(30).json()["code"] == "TIMEOUT"
        assert within(10, lambda: not is_running(tesseract))


@needs_tesseract
def test_a_tesseract_that_breaks_down(tmp_path: Path) -> None:
    program = tmp_path / "tesseract"
    program.write_text('#!/bin/sh\n[ "$1" = --list-langs ] && echo eng && exit 0\ncat >/dev/null\nkill -SEGV $$\n')
    program.chmod(0o755)
    with running(TESSERACT_PATH=program) as worker:
        answer = worker.post("/v1/recognise", content=scanned_pdf())
        assert (answer.status_code, answer.json()["code"]) == (422, "CORRUPT_FILE")
