"""What every request passes: token, id, bounds on the body, refusals, counters, one log line."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from .support import AUTHORISED, ODD, TOKEN, Worker, running

SECRET_TEXT = "the abbess hid the ledger"


@pytest.fixture(scope="module")
def odd() -> Iterator[Worker]:
    with running(entry=ODD, MAX_UPLOAD_BYTES=100_000, EMBEDDING_MAX_BODY_BYTES=10_000, BODY_TIMEOUT_MS=700) as started:
        yield started


def raw(worker: Worker, head: str, body: bytes = b"", *, timeout_s: float = 20) -> bytes:
    """Sends a request by hand and reads until the connection closes or no more comes."""
    address = urlsplit(worker.url)
    with socket.create_connection((address.hostname, address.port), timeout_s) as connection:
        connection.sendall(head.encode() + body)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
        return received


def as_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def head(path: str, *lines: str, token: str = TOKEN) -> str:
    fixed = [f"POST {path} HTTP/1.1", "Host: worker", "Connection: close", f"Authorization: Bearer {token}"]
    return "\r\n".join([*fixed, *lines, "", ""])


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_probes_are_open(worker: Worker, path: str) -> None:
    assert worker.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/recognise", "/v1/rerank"])
@pytest.mark.parametrize(
    "authorisation",
    [
        None,
        "",
        "Bearer",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer \u00e9".encode("latin-1"),
    ],
)
def test_the_token_is_required(worker: Worker, path: str, authorisation: str | bytes | None) -> None:
    headers = [] if authorisation is None else [(b"Authorization", as_bytes(authorisation))]
    answer = httpx.post(worker.url + path, content=b"x", headers=headers)
    body = answer.json()
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert (body["error"] if path.endswith("embeddings") else body)["code"] == "INVALID_TOKEN"


def test_the_token_is_looked_at_before_the_body(worker: Worker) -> None:
    # The body never comes; the answer does.
    began = time.monotonic()
    answer = raw(worker, head("/v1/recognise", "Content-Length: 1000000", token="wrong"))
    assert answer.startswith(b"HTTP/1.1 401")
    assert time.monotonic() - began < 15


def test_problems_have_the_products_shape(odd: Worker) -> None:
    answer = odd.post("/v1/recognise", content=b"corrupt", headers={"X-Request-ID": "abc-1"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "The file is damaged",
        "status": 422,
        "detail": "It is broken.",
        "code": "CORRUPT_FILE",
        "requestId": "abc-1",
        "retryable": False,
    }


@pytest.mark.parametrize(("method", "path", "code"), [("GET", "/nowhere", 404), ("GET", "/v1/recognise", 405)])
def test_unknown_routes_and_methods(worker: Worker, method: str, path: str, code: int) -> None:
    answer = httpx.request(method, worker.url + path)
    assert answer.status_code == code
    assert answer.json()["code"] in ("NOT_FOUND", "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path", ["/v1/recognise", "/v1/embeddings"])
def test_a_declared_length_over_the_bound_is_refused_unread(odd: Worker, path: str) -> None:
    answer = raw(odd, head(path, "Content-Length: 99999999"))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"TOO_LARGE" in answer


@pytest.mark.parametrize("path", ["/v1/recognise", "/v1/embeddings"])
def test_an_undeclared_length_is_bounded_while_it_streams(odd: Worker, path: str) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 10_000

    answer = odd.post(path, content=endless())
    assert answer.status_code == 413


def test_a_body_that_does_not_come_is_given_up(odd: Worker) -> None:
    answer = raw(odd, head("/v1/recognise", "Content-Length: 1000"), b"only this")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"BODY_TIMEOUT" in answer


def test_a_refusal_reaches_a_client_that_is_still_sending(odd: Worker) -> None:
    # Had the connection been closed at once, a reset would have overtaken the answer.
    for _ in range(5):
        assert odd.post("/v1/recognise", content=b"x" * 20_000_000).status_code == 413


@pytest.mark.parametrize("given", ["a", "A.b_c-9", "x" * 128])
def test_a_well_formed_request_id_is_passed_on(worker: Worker, given: str) -> None:
    answer = httpx.get(worker.url + "/health", headers={"X-Request-ID": given})
    assert answer.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "ä".encode(), 'a"b', "a/b"])
def test_any_other_is_replaced(worker: Worker, given: str | bytes) -> None:
    answer = httpx.get(worker.url + "/health", headers=[(b"X-Request-ID", as_bytes(given))])
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 36


def test_one_line_a_request_with_no_text_and_no_token(worker: Worker) -> None:
    answer = worker.post(
        "/v1/embeddings", json={"input": SECRET_TEXT, "model": "gte-small"}, headers={"X-Request-ID": "log-1"}
    )
    broken = worker.post("/v1/embeddings", content=SECRET_TEXT.encode(), headers={"X-Request-ID": "log-2"})
    assert (answer.status_code, broken.status_code) == (200, 400)
    assert SECRET_TEXT not in broken.text
    line = worker.until(lambda: [line for line in worker.lines() if line.get("requestId") == "log-1"])
    assert len(line) == 1
    assert line[0]["level"] == "info"
    assert (line[0]["method"], line[0]["path"], line[0]["status"]) == ("POST", "/v1/embeddings", 200)
    assert line[0]["requestBytes"] > len(SECRET_TEXT)
    assert line[0]["responseBytes"] == len(answer.content)
    assert line[0]["durationMs"] >= 0
    assert line[0]["tokens"] == answer.json()["usage"]["total_tokens"]
    assert SECRET_TEXT not in worker.output
    assert TOKEN not in worker.output


def test_every_line_of_the_log_is_json(worker: Worker) -> None:
    raw(worker, "not http at all\r\n\r\n")
    assert all(isinstance(json.loads(line), dict) for line in worker.output.splitlines())


def test_requests_are_counted_under_their_template(worker: Worker) -> None:
    httpx.get(worker.url + "/v1/nowhere?secret=1")
    httpx.request("BREW", worker.url + "/health")
    worker.get("/metrics")  # counted in the next one
    text = worker.get("/metrics").text
    assert 'http_requests_total{method="GET",path="unmatched",status="404"}' in text
    assert 'http_requests_total{method="other",path="/health",status="405"}' in text
    assert 'http_request_duration_seconds_bucket{le="0.05",method="GET",path="/metrics"' in text
    assert "secret" not in text


def test_the_metrics_are_there_from_the_start(worker: Worker) -> None:
    text = worker.get("/metrics").text
    for name in (
        'admission_queue_depth{operation="extract"}',
        'admission_in_work{operation="embeddings"}',
        'admission_rejections_total{operation="extract",reason="full"}',
        'parser_deaths_total{reason="memory"}',
        "parser_processes 1.0",
        "embedding_tokens_total",
        "process_resident_memory_bytes",
    ):
        assert name in text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_has_no_complaint(worker: Worker) -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=worker.get("/metrics").content, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_readiness_tells_its_parts(worker: Worker) -> None:
    answer = worker.get("/ready")
    assert answer.json()["status"] == "ok"
    assert {"model", "parsers", "ocr"} == set(answer.json()["checks"])


def test_not_ready_while_the_model_loads() -> None:
    with running(ready=False) as starting:
        seen = []
        while (answer := starting.get("/ready")).status_code != 200:
            seen.append(answer.json()["status"])
            assert starting.get("/health").status_code == 200
            refused = starting.post("/v1/embeddings", json={"input": "x", "model": "gte-small"})
            if refused.status_code != 200:
                assert refused.status_code == 503
                assert refused.headers["retry-after"] == "1"
                assert refused.json()["error"]["code"] == "NOT_READY"
        assert set(seen) == {"loading"}


def test_too_many_connections_are_refused_at_once() -> None:
    with running(entry=ODD, MAX_CONNECTIONS=3) as small:
        address = urlsplit(small.url)
        held = [socket.create_connection((address.hostname, address.port), 10) for _ in range(5)]
        try:
            assert small.get("/health").status_code == 503
        finally:
            for connection in held:
                connection.close()


def test_headers_of_a_proxy_are_not_believed(worker: Worker) -> None:
    assert httpx.get(worker.url + "/health", headers={**AUTHORISED, "X-Forwarded-For": "1.2.3.4"}).status_code == 200
    assert "1.2.3.4" not in worker.output
