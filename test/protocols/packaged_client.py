"""The wheel of clients/python from an empty folder, synchronous and asynchronous, by its readme too.

Arguments: base URL, key, the readme.
"""

import asyncio
import contextlib
import inspect
import io
import re
import sys
import tempfile
import threading
from pathlib import Path

import vectorlane
from vectorlane import AsyncVectorlane, NotFoundError, Vectorlane

URL, KEY = sys.argv[1], sys.argv[2]
assert "site-packages" not in str(vectorlane.__file__), vectorlane.__file__
assert (Path(str(vectorlane.__file__)).parent / "py.typed").exists()


def synchronous(folder):
    with Vectorlane(URL, api_key=KEY) as client:
        stream = io.BytesIO(b"# Cranes\n\nCranes dance in pairs and call over long distances.")
        document = client.upload(stream, filename="cranes.md", collection="wheel", metadata={"kind": "bird"})
        seen = []
        events = client.events(collection="wheel", last_event_id="0")
        reader = threading.Thread(target=lambda: seen.append(next(e for e in events if e.type == "document.completed")))
        reader.start()
        done = client.wait_until_done(document, timeout=120)
        reader.join(60)
        assert [(e.data["documentId"], e.data["status"]) for e in seen] == [(document["id"], "completed")], seen
        assert done["metadata"] == {"kind": "bird"}, done
        answer = client.search("Who dances?", collection="wheel", filter={"metadata": {"kind": "bird"}})
        assert answer["results"][0]["documentId"] == document["id"], answer

        again = client.wait_until_done(client.documents.reprocess(document["id"], format="txt"), timeout=120)
        assert (again["format"], again["status"]) == ("txt", "completed"), again

        (folder / "one.txt").write_text("One swan.")
        (folder / "two.txt").write_text("Two swans.")
        report = client.sync(folder, collection="wheel-folder")
        assert len(report.uploaded) == 2, report
        assert len(client.sync(folder, collection="wheel-folder").unchanged) == 2

        key = client.keys.create("wheel", scopes=["read"], collections=["wheel"])
        assert key["id"] in [one["id"] for one in client.keys.list()], key
        with Vectorlane(URL, api_key=key["key"]) as bound:
            assert [one["id"] for one in bound.documents.list()] == [document["id"]]
        client.keys.revoke(key["id"])

        webhook = client.webhooks.create("https://example.org/hook", types=["document.failed"])
        assert webhook["secret"].startswith("whsec_"), webhook
        assert client.webhooks.update(webhook["id"], {"enabled": False})["enabled"] is False
        assert [one["id"] for one in client.webhooks.list()] == [webhook["id"]]
        assert list(client.webhooks.deliveries(webhook["id"])) == []
        client.webhooks.delete(webhook["id"])

        client.delete(document["id"])
        try:
            client.documents.get(document["id"])
        except NotFoundError as error:
            assert error.code == "DOCUMENT_NOT_FOUND", error
        else:
            raise AssertionError("still there")


async def asynchronous():
    async with AsyncVectorlane(URL, api_key=KEY) as client:
        texts = ["Cormorants dry their wings.", "Gannets dive."]
        documents = await asyncio.gather(*(client.upload_text(t, collection="wheel-async") for t in texts))
        await asyncio.gather(*(client.wait_until_done(document, timeout=120) for document in documents))
        answer = await client.search("Who dries wings?", collection="wheel-async", top_k=1)
        assert answer["results"][0]["documentId"] == documents[0]["id"], answer
        completed = set()
        async for event in client.events(collection="wheel-async", types=["document.completed"], last_event_id="0"):
            completed.add(event.data["documentId"])
            if len(completed) == 2:
                break
        assert completed == {document["id"] for document in documents}, completed
        matched = await client.documents.reprocess_matching({"format": ["txt"]}, collection="wheel-async")
        assert matched["matched"] == 2, matched
        for document in documents:
            await client.delete(document["id"])
        assert [one async for one in client.documents.list(collection="wheel-async")] == []
        assert [one["name"] async for one in client.keys.list()]
        assert inspect.isasyncgen(client.events())


def by_the_readme(readme):
    """Five minutes to a first answer, letter by letter, and the asynchronous program."""
    text = readme.read_text(encoding="utf-8")
    first, _, asynchronous_one, *_ = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for program, said in ((first, "bees.txt  In winter bees form a cluster"), (asynchronous_one, "completed")):
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            exec(compile(program, str(readme), "exec"), {"__name__": "__main__"})
        assert said in told.getvalue(), (program, told.getvalue())


with tempfile.TemporaryDirectory() as name:
    synchronous(Path(name))
asyncio.run(asynchronous())
by_the_readme(Path(sys.argv[3]))
print("synchronous and asynchronous: upload, events, search, sync, reprocess, keys, webhooks, delete, errors")
