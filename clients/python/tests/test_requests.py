from __future__ import annotations

import io
import json
from datetime import datetime, timedelta, timezone
from email.parser import BytesParser
from email.utils import format_datetime
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

import vectorlane
from support import Driver, document, problem
from vectorlane import ProblemCode, RetryPolicy
from vectorlane._errors import ERROR_OF_CODE, seconds_of


def in_order(*answers: httpx.Response | Exception) -> Any:
    left = list(answers)

    def handler(_request: httpx.Request) -> httpx.Response:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


def test_sends_the_key_and_names_as_the_api_has_them(driver: Driver) -> None:
    client = driver.serve(in_order(httpx.Response(200, json={"results": [], "tookMs": 1})))
    driver.run(client.search("bees", top_k=3, collection=("a", "b"), min_score=0, group_by_document=True))
    [request] = driver.requests
    assert request.headers["X-API-Key"] == "vl_key"
    assert json.loads(request.content) == {
        "query": "bees",
        "topK": 3,
        "collection": ["a", "b"],
        "minScore": 0,
        "groupBy": "document",
    }


def test_an_id_is_one_part_of_the_path(driver: Driver) -> None:
    client = driver.serve(in_order(httpx.Response(204)))
    driver.run(client.delete("../collections/x?y"))
    assert driver.requests[0].url.raw_path == b"/api/documents/..%2Fcollections%2Fx%3Fy"


def test_lists_follow_the_cursor(driver: Driver) -> None:
    pages = [
        {"items": [document(id="a"), document(id="b")], "nextCursor": "c2"},
        {"items": [document(id="c")], "nextCursor": None},
    ]
    client = driver.serve(in_order(*(httpx.Response(200, json=page) for page in pages)))
    found = driver.run(client.documents.list(status=["pending", "failed"], filename="é.md", page_size=2))
    assert [one["id"] for one in found] == ["a", "b", "c"]
    first, second = (dict(request.url.params) for request in driver.requests)
    assert first == {"status": "pending,failed", "filename": "é.md", "limit": "2"}
    assert second == {**first, "cursor": "c2"}


def test_waits_as_long_as_it_was_asked_to(driver: Driver) -> None:
    refusal = problem(429, "RATE_LIMITED", {"Retry-After": "7"}, retryable=True)
    client = driver.serve(in_order(refusal, httpx.Response(201, json={"name": "a"})))
    assert driver.run(client.collections.create("a"))["name"] == "a"
    [pause] = driver.pauses
    assert 7 <= pause <= 7.5


def test_pauses_grow_and_end(driver: Driver) -> None:
    client = driver.serve(lambda _: httpx.Response(502, text="<html>"), RetryPolicy(max_retries=3))
    with pytest.raises(vectorlane.UnavailableError) as caught:
        driver.run(client.search("bees"))
    assert caught.value.code == "HTTP_502"
    assert len(driver.requests) == 4
    for pause, longest in zip(driver.pauses, (0.5, 1, 2), strict=True):
        assert longest / 2 <= pause <= longest


def test_does_not_wait_for_ever(driver: Driver) -> None:
    client = driver.serve(lambda _: problem(503, "UPLOADS_BUSY", {"Retry-After": "3600"}, retryable=True))
    with pytest.raises(vectorlane.UnavailableError) as caught:
        driver.run(client.upload_text("bees"))
    assert caught.value.retry_after == 3600
    assert driver.pauses == []


@pytest.mark.parametrize(
    ("failure", "again"),
    [
        (lambda: httpx.Response(502), False),
        (lambda: httpx.Response(503), False),
        (lambda: httpx.ReadError("broken"), False),
        (lambda: problem(409, "COLLECTION_EXISTS"), False),
        (lambda: problem(503, "DEPENDENCY_UNAVAILABLE", retryable=True), True),
        (lambda: httpx.ConnectError("refused"), True),
    ],
)
def test_what_may_have_happened_is_not_done_twice(driver: Driver, failure: Any, again: bool) -> None:
    client = driver.serve(in_order(failure(), httpx.Response(201, json={"name": "a"})))
    if again:
        driver.run(client.collections.create("a"))
    else:
        with pytest.raises(vectorlane.VectorlaneError):
            driver.run(client.collections.create("a"))
    assert len(driver.requests) == (2 if again else 1)


def test_a_lost_connection_is_an_error_of_ours(driver: Driver) -> None:
    client = driver.serve(lambda _: (_ for _ in ()).throw(httpx.ReadTimeout("slow")), RetryPolicy(max_retries=1))
    with pytest.raises(vectorlane.ConnectionFailedError, match="ReadTimeout: slow"):
        driver.run(client.documents.get("d1"))
    assert len(driver.requests) == 2


def test_something_else_at_the_address(driver: Driver) -> None:
    client = driver.serve(lambda _: httpx.Response(200, text="<html>"))
    with pytest.raises(vectorlane.UnexpectedAnswerError):
        driver.run(client.search("bees"))


def form_of(request: httpx.Request) -> dict[str, tuple[str | None, bytes]]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts: Any = BytesParser().parsebytes(head + request.content).get_payload()
    return {
        part.get_param("name", header="content-disposition"): (part.get_filename(), part.get_payload(decode=True))
        for part in parts
    }


def test_uploads_a_path_with_its_fields_before_it(driver: Driver, tmp_path: Path) -> None:
    path = tmp_path / "bees.bin"
    content = bytes(range(256)) * 3000
    path.write_bytes(content)
    client = driver.serve(in_order(httpx.Response(502), httpx.Response(202, json=document())))
    driver.run(client.upload(path, metadata={"über": [1]}, external_id="x", collection="c"))
    for request in driver.requests:  # the second try sends all of it again
        assert int(request.headers["Content-Length"]) == len(request.content)
        form = form_of(request)
        assert list(form) == ["metadata", "collection", "externalId", "file"]
        assert json.loads(form["metadata"][1]) == {"über": [1]}
        assert form["file"] == ("bees.bin", content)


def test_uploads_a_stream_from_where_it_stands(driver: Driver) -> None:
    stream = io.BytesIO(b"skipped,sent")
    stream.seek(8)
    client = driver.serve(in_order(httpx.Response(503), httpx.Response(202, json=document())))
    driver.run(client.upload(stream, filename="a.txt"))
    assert [form_of(request)["file"] for request in driver.requests] == [("a.txt", b"sent")] * 2
    assert not stream.closed


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_a_stream_without_a_beginning_is_sent_once(driver: Driver) -> None:
    client = driver.serve(in_order(problem(429, "RATE_LIMITED", {"Retry-After": "1"})))
    with pytest.raises(vectorlane.RateLimitedError):
        driver.run(client.upload(Pipe(b"bytes"), filename="a.txt"))
    [request] = driver.requests
    assert request.headers["Transfer-Encoding"] == "chunked"
    assert form_of(request)["file"] == ("a.txt", b"bytes")


def test_a_second_try_is_not_taken_for_a_duplicate(driver: Driver) -> None:
    client = driver.serve(in_order(httpx.Response(504)))
    with pytest.raises(vectorlane.UnavailableError):
        driver.run(client.upload(b"bees", filename="a.txt", on_duplicate="reject"))


def test_says_what_cannot_be_uploaded(driver: Driver, tmp_path: Path) -> None:
    client = driver.serve(in_order())
    with pytest.raises(FileNotFoundError):
        driver.run(client.upload(tmp_path / "none.md"))
    with pytest.raises(ValueError, match="filename="):
        driver.run(client.upload(b"bees"))
    with pytest.raises(TypeError, match="'rb'"):
        driver.run(client.upload(io.StringIO("bees"), filename="a.txt"))


def test_a_name_does_not_end_its_header(driver: Driver) -> None:
    client = driver.serve(in_order(httpx.Response(202, json=document())))
    driver.run(client.upload(b"x", filename='a"\r\nX: y'))
    assert b'filename="a\\"%0D%0AX: y"\r\n' in driver.requests[0].content


def test_every_code_has_a_class() -> None:
    assert set(ERROR_OF_CODE) == set(get_args(ProblemCode))


def test_refusals_tell_what_the_service_said(driver: Driver) -> None:
    client = driver.serve(lambda _: problem(404, "DOCUMENT_NOT_FOUND"))
    with pytest.raises(vectorlane.DocumentNotFoundError) as caught:
        driver.run(client.documents.get("d1"))
    error = caught.value
    assert (error.status, error.code, error.request_id, error.retryable) == (404, "DOCUMENT_NOT_FOUND", "r1", False)
    assert isinstance(error, vectorlane.NotFoundError)


def test_a_code_that_is_new_has_the_class_of_its_status(driver: Driver) -> None:
    client = driver.serve(lambda _: problem(409, "SOMETHING_NEW"))
    with pytest.raises(vectorlane.ConflictError) as caught:
        driver.run(client.documents.get("d1"))
    assert caught.value.code == "SOMETHING_NEW"


def test_retry_after_is_seconds_or_a_date() -> None:
    later = datetime.now(timezone.utc) + timedelta(seconds=90)
    assert seconds_of("12") == 12
    assert 80 < (seconds_of(format_datetime(later, usegmt=True)) or 0) <= 90
    assert seconds_of("Thu, 01 Jan 1970 00:00:00 GMT") == 0
    assert seconds_of("soon") is None
