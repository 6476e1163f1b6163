"""Refused early rather than queued without end."""

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx

from .support import ODD, TOKEN, Worker, running, within

#: Text by text, with all the time that a busy machine may need for it.
SLOWLY: dict[str, Any] = {"EMBEDDING_BATCH_TOKENS": 512, "EMBEDDING_THREADS": 1, "EMBEDDING_TIMEOUT_MS": 600_000}


def work(worker: Worker, what: str) -> httpx.Response:
    return worker.post("/v1/recognise", content=what.encode())


def occupied(worker: Worker, in_work: int, waiting: int = 0) -> bool:
    return within(
        10,
        lambda: (
            worker.metric('admission_in_work{operation="extract"}') == in_work
            and worker.metric('admission_queue_depth{operation="extract"}') == waiting
        ),
    )


def test_beyond_the_queue_there_is_429_before_the_body() -> None:
    with running(entry=ODD, EXTRACTION_QUEUE=1) as worker, ThreadPoolExecutor() as pool:
        first = pool.submit(work, worker, "sleep:3")
        assert occupied(worker, 1)
        second = pool.submit(work, worker, "queued")
        assert occupied(worker, 1, 1)
        # A body is announced and never sent; the answer does not wait for it.
        address = urlsplit(worker.url)
        head = (
            f"POST /v1/recognise HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n"
        )
        with socket.create_connection((address.hostname, address.port), 2) as connection:
            connection.sendall(head.encode())
            answer = connection.recv(65_536).decode()
        assert answer.startswith("HTTP/1.1 429")
        seconds = int(answer.lower().split("retry-after: ")[1].split("\r\n")[0])
        assert 1 <= seconds <= 60
        assert worker.metric('admission_rejections_total{operation="extract",reason="full"}') == 1
        assert first.result(30).status_code == second.result(30).status_code == 200
        assert occupied(worker, 0)


def test_a_wait_in_the_queue_is_bounded() -> None:
    with running(entry=ODD, QUEUE_TIMEOUT_MS=300) as worker, ThreadPoolExecutor() as pool:
        first = pool.submit(work, worker, "sleep:2")
        assert occupied(worker, 1)
        refused = work(worker, "waits")
        assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (429, "BUSY", True)
        assert int(refused.headers["retry-after"]) >= 1
        assert worker.metric('admission_rejections_total{operation="extract",reason="waited"}') == 1
        assert first.result(30).status_code == 200


def test_a_slow_sender_holds_a_place_and_no_parser() -> None:
    with running(entry=ODD, EXTRACTION_QUEUE=1, BODY_TIMEOUT_MS=20_000) as worker:
        address = urlsplit(worker.url)
        head = f"POST /v1/recognise HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 99\r\n\r\n"
        with socket.create_connection((address.hostname, address.port), 10) as connection:
            connection.sendall(head.encode())
            assert occupied(worker, 0, 1)
            assert work(worker, "quick").status_code == 200
        assert occupied(worker, 0)


def test_embeddings_have_places_of_their_own() -> None:
    body = {"model": "gte-small", "input": ["word " * 600] * 8}
    settings: dict[str, Any] = {"EMBEDDING_CONCURRENCY": 1, "EMBEDDING_QUEUE": 0, **SLOWLY}
    with running(entry=ODD, **settings) as worker, ThreadPoolExecutor() as pool:
        first = pool.submit(worker.post, "/v1/embeddings", json=body)
        assert within(10, lambda: worker.metric('admission_in_work{operation="embeddings"}') == 1)
        refused = worker.post("/v1/embeddings", json={"model": "gte-small", "input": "x"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "BUSY")
        assert "retry-after" in refused.headers
        assert work(worker, "meanwhile").status_code == 200
        assert first.result(90).status_code == 200


def test_a_small_request_overtakes_a_large_one() -> None:
    body = {"model": "gte-small", "input": ["word " * 600] * 8}
    with running(entry=ODD, **SLOWLY) as worker, ThreadPoolExecutor() as pool:
        large = pool.submit(worker.post, "/v1/embeddings", json=body)
        assert within(10, lambda: worker.metric('admission_in_work{operation="embeddings"}') == 1)
        assert worker.post("/v1/embeddings", json={"model": "gte-small", "input": "x"}).status_code == 200
        assert not large.done()
        assert large.result(90).status_code == 200
