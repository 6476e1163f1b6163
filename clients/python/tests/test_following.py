from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

import vectorlane
from support import Driver, document, problem
from vectorlane import ConnectionFailedError, EventsGoneError, RetryPolicy
from vectorlane._events import EventParser


def stream(*events: tuple[int, str, int]) -> httpx.Response:
    text = ": hello\n\n" + "".join(
        f'id: {number}\nevent: {kind}\ndata: {{"revision":{revision}}}\n\n' for number, kind, revision in events
    )
    return httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"})


class Service:
    """A document in the states that are given, one for each time that it is asked for; the last one stays."""

    def __init__(self, states: list[dict[str, Any]], streams: list[httpx.Response | Exception]) -> None:
        self.states = states
        self.streams = streams
        self.asked = 0
        self.resumed: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/events"):
            self.resumed.append(request.headers.get("Last-Event-ID"))
            answer = self.streams.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        state = self.states[min(self.asked, len(self.states) - 1)]
        self.asked += 1
        return httpx.Response(200, json=state)


WORKING = document(status="processing", stage="embedding")


def test_waits_by_events(driver: Driver) -> None:
    service = Service([WORKING, document()], [stream((41, "document.completed", 1))])
    client = driver.serve(service)
    assert driver.run(client.wait_until_done(document(id="d1")))["status"] == "completed"
    assert driver.pauses == []
    assert service.asked == 2


def test_a_new_revision_is_not_done_with_the_events_of_the_old_one(driver: Driver) -> None:
    pending = {"status": "processing", "stage": "embedding", "percent": 10}
    service = Service(
        [document(pendingRevision=pending), document(revision=2)],
        [stream((1, "document.completed", 1), (2, "revision.completed", 2))],
    )
    client = driver.serve(service)
    assert driver.run(client.wait_until_done("d1"))["revision"] == 2
    assert service.asked == 2


def test_goes_on_after_a_break(driver: Driver) -> None:
    service = Service(
        [WORKING, WORKING, WORKING, document()],
        [stream((7, "document.failed", 1)), httpx.ReadError("restart"), stream((9, "document.completed", 1))],
    )
    client = driver.serve(service)
    driver.run(client.wait_until_done("d1"))
    assert service.resumed == [None, "7", "7"]
    assert len(driver.pauses) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        lambda: problem(503, "STREAMS_BUSY", {"Retry-After": "5"}),
        lambda: problem(410, "EVENTS_GONE"),
        lambda: httpx.Response(200, text="<html>"),
    ],
)
def test_asks_where_there_are_no_events(driver: Driver, refusal: Any) -> None:
    service = Service([WORKING] * 8 + [document()], [refusal()])
    client = driver.serve(service)
    driver.run(client.wait_until_done("d1"))
    assert driver.pauses == [0.25, 0.5, 1, 2, 4, 5, 5, 5]


def test_a_document_that_failed(driver: Driver) -> None:
    failure = {"code": "NEEDS_OCR", "message": "No text.", "retryable": False}
    pending = {"status": "failed", "stage": "failed", "percent": 0, "failure": failure}
    for state in (document(status="failed", failure=failure), document(pendingRevision=pending)):
        client = driver.serve(Service([state], []))
        with pytest.raises(vectorlane.DocumentFailedError) as caught:
            driver.run(client.wait_until_done("d1"))
        assert caught.value.code == "NEEDS_OCR"


def test_waiting_has_an_end(driver: Driver) -> None:
    client = driver.serve(Service([WORKING], []))
    with pytest.raises(vectorlane.WaitTimeoutError, match="processing"):
        driver.run(client.wait_until_done("d1", timeout=0))


def test_events_by_the_standard() -> None:
    parser = EventParser()
    lines = ["retry: 5", ":comment", "id: 3", "event:e", 'data: {"a":', "data:1}", "", "", "data: {}", ""]
    events = [event for event in map(parser.take, lines) if event]
    assert [(event.id, event.type, event.data) for event in events] == [("3", "e", {"a": 1}), ("3", "message", {})]


class Files:
    """Keeps what it is sent by `sync`."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.exists = False
        self.uploads = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/documents/status":
            return self.compare(json.loads(request.content)["items"])
        if request.url.path == "/api/documents/delete":
            ids = json.loads(request.content)["filter"]["documentId"]
            for name in ids:
                del self.kept[name]
            return httpx.Response(200, json={"matched": len(ids), "deleted": len(ids)})
        if request.method == "GET":
            items = [document(id=name, externalId=name) for name in self.kept]
            return httpx.Response(200, json={"items": items, "nextCursor": None})
        return self.upload(request.content)

    def compare(self, items: list[dict[str, str]]) -> httpx.Response:
        if not self.exists:
            return problem(404, "COLLECTION_NOT_FOUND")
        known = [
            {"externalId": item["externalId"], "state": self.state(item["externalId"], item["sha256"])}
            for item in items
        ]
        return httpx.Response(200, json={"items": known})

    def state(self, name: str, digest: str) -> str:
        if name not in self.kept:
            return "missing"
        return "current" if self.kept[name] == digest else "changed"

    def upload(self, body: bytes) -> httpx.Response:
        self.exists = True
        self.uploads += 1
        name = body.split(b'name="externalId"\r\n\r\n')[1].split(b"\r\n")[0].decode()
        content = body.split(b"octet-stream\r\n\r\n")[1].rsplit(b"\r\n--", 1)[0]
        if not content:
            return problem(400, "INVALID_REQUEST")
        self.kept[name] = hashlib.sha256(content).hexdigest()
        return httpx.Response(202, json=document(externalId=name))


def test_keeps_a_folder_in_step(driver: Driver, tmp_path: Path) -> None:
    folder = tmp_path / "handbooks"
    (folder / "leave").mkdir(parents=True)
    for hidden in (".git", "node_modules"):
        (folder / hidden).mkdir()
        (folder / hidden / "a.md").write_text("not ours")
    (folder / "bees.md").write_text("bees")
    (folder / "leave" / "days.md").write_text("days")
    (folder / "link.md").symlink_to(folder / "bees.md")
    files = Files()
    client = driver.serve(files)

    first = driver.run(client.sync(folder, collection="c"))
    assert sorted(files.kept) == ["handbooks/bees.md", "handbooks/leave/days.md"]
    assert len(first.uploaded) == 2

    files.kept["others/x.md"] = "x"
    (folder / "bees.md").write_text("more bees")
    (folder / "leave" / "days.md").unlink()
    second = driver.run(client.sync(folder, collection="c", prune=True))
    assert [one["externalId"] for one in second.uploaded] == ["handbooks/bees.md"]
    assert second.deleted == 1
    assert sorted(files.kept) == ["handbooks/bees.md", "others/x.md"]

    third = driver.run(client.sync(folder, collection="c", prune=True))
    assert (third.uploaded, third.unchanged, third.deleted) == ([], ["handbooks/bees.md"], 0)
    assert files.uploads == 3


def test_deletes_nothing_where_a_file_was_refused(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "empty.md").touch()
    files = Files()
    files.exists = True
    files.kept[f"{tmp_path.name}/gone.md"] = "x"
    client = driver.serve(files)
    report = driver.run(client.sync(tmp_path, collection="c", prune=True))
    assert [(one.code, Path(one.path).name) for one in report.refused] == [("INVALID_REQUEST", "empty.md")]
    assert len(files.kept) == 1
    with pytest.raises(ValueError, match="collection="):
        driver.run(client.sync(tmp_path, prune=True))


def test_events_go_on_where_they_stood(driver: Driver) -> None:
    answers: list[httpx.Response | Exception] = [
        stream((7, "document.accepted", 1), (8, "document.completed", 1)),
        httpx.ReadError("restart"),
        stream((9, "document.deleted", 1)),
        problem(410, "EVENTS_GONE"),
    ]
    resumed: list[tuple[str | None, str]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        resumed.append((request.headers.get("Last-Event-ID"), str(request.url)))
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = driver.serve(serve)
    seen: list[str] = []
    with pytest.raises(EventsGoneError):
        driver.run(noted(client.events(collection=["a", "b"], types=["document.completed"], last_event_id="6"), seen))
    assert seen == ["7", "8", "9"]
    assert [at for at, _ in resumed] == ["6", "8", "8", "9"]
    assert resumed[0][1].endswith("/api/events?collection=a%2Cb&types=document.completed")
    assert driver.pauses[0] == 1
    assert all(pause >= 1 for pause in driver.pauses)


def test_events_give_up_on_a_service_that_is_away(driver: Driver) -> None:
    def serve(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    client = driver.serve(serve, RetryPolicy(max_retries=2))
    with pytest.raises(ConnectionFailedError):
        driver.run(client.events())
    assert len(driver.requests) == 3


def noted(events: Any, seen: list[str]) -> Any:
    """The same iterator, with the ids that it has given."""
    if hasattr(events, "__anext__"):

        async def later() -> AsyncIterator[Any]:
            async for event in events:
                seen.append(event.id)
                yield event

        return later()

    def now() -> Iterator[Any]:
        for event in events:
            seen.append(event.id)
            yield event

    return now()


def test_keys_webhooks_and_reading_again(driver: Driver) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(204)
        return httpx.Response(200, json={"items": [{"id": "x"}], "nextCursor": None, "id": "x"})

    client = driver.serve(serve)
    expires = datetime(2030, 1, 2, tzinfo=timezone.utc)
    driver.run(client.keys.create("ci", scopes=["read"], collections=["a"], expires_at=expires))
    assert driver.run(client.keys.list()) == [{"id": "x"}]
    driver.run(client.keys.revoke("k/1"))
    driver.run(client.webhooks.create("https://example.org", types=["document.failed"]))
    driver.run(client.webhooks.update("wh", {"enabled": False}))
    driver.run(client.webhooks.test("wh"))
    assert driver.run(client.webhooks.deliveries("wh", status="failed")) == [{"id": "x"}]
    driver.run(client.webhooks.retry("wh", "msg"))
    driver.run(client.webhooks.get("wh"))
    driver.run(client.webhooks.delete("wh"))
    driver.run(client.documents.reprocess("d1", format="md"))
    driver.run(client.documents.reprocess_matching({"format": ["pdf"]}, collection="a"))
    assert [
        (request.method, request.url.raw_path.decode(), request.read().decode()) for request in driver.requests
    ] == [
        (
            "POST",
            "/api/admin/keys",
            '{"name":"ci","scopes":["read"],"collections":["a"],"expiresAt":"2030-01-02T00:00:00+00:00"}',
        ),
        ("GET", "/api/admin/keys?limit=100", ""),
        ("DELETE", "/api/admin/keys/k%2F1", ""),
        ("POST", "/api/webhooks", '{"url":"https://example.org","types":["document.failed"]}'),
        ("PATCH", "/api/webhooks/wh", '{"enabled":false}'),
        ("POST", "/api/webhooks/wh/test", ""),
        ("GET", "/api/webhooks/wh/deliveries?status=failed&limit=100", ""),
        ("POST", "/api/webhooks/wh/deliveries/msg/retry", ""),
        ("GET", "/api/webhooks/wh", ""),
        ("DELETE", "/api/webhooks/wh", ""),
        ("POST", "/api/documents/d1/reprocess", '{"format":"md"}'),
        ("POST", "/api/documents/reprocess", '{"filter":{"format":["pdf"]},"collection":"a"}'),
    ]
