"""Drives OpenAI's files and vector stores by OpenAI's own client for Python. Arguments: base URL, key."""

import io
import sys
import tempfile
from pathlib import Path

import openai
from openai import OpenAI

client = OpenAI(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0)


def named(name: str, text: str) -> io.BytesIO:
    file = io.BytesIO(text.encode())
    file.name = name
    return file


model = client.models.list().data[0]
assert client.models.retrieve(model.id) == model
vectors = client.embeddings.create(model=model.id, input=["Bees", "Honey"])
assert [len(item.embedding) for item in vectors.data] == [384, 384], vectors

file = client.files.create(file=named("bees.md", "# Bees\n\nBees cluster in winter to keep warm."), purpose="assistants")
assert client.files.retrieve(file.id) == file
assert client.files.content(file.id).read().startswith(b"# Bees")
assert file.id in [item.id for item in client.files.list(limit=1)]
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "streamed.txt"
    path.write_text("Read from the disk while it is sent. " * 20_000)
    with path.open("rb") as stream:
        streamed = client.files.create(file=stream, purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3600})
    from_path = client.files.create(file=path, purpose="user_data")
assert (streamed.filename, streamed.bytes, streamed.expires_at) == ("streamed.txt", 740_000, streamed.created_at + 3600)
assert [item.id for item in client.files.list(purpose="user_data", order="asc", after=streamed.id)] == [from_path.id]
for one in (streamed, from_path):
    assert client.files.delete(one.id).deleted

store = client.vector_stores.create(name="Python", metadata={"by": "python"}, expires_after={"anchor": "last_active_at", "days": 3})
assert client.vector_stores.retrieve(store.id).expires_at == store.expires_at
older = client.vector_stores.create(chunking_strategy={"type": "auto"}, file_ids=[file.id])
oldest_first = [item.id for item in client.vector_stores.list(order="asc", limit=1, after=store.id)]
assert oldest_first == [older.id], oldest_first
assert [item.id for item in client.vector_stores.list(before=store.id, limit=5).data] == [older.id]
assert client.vector_stores.delete(older.id).deleted
assert store.id in [item.id for item in client.vector_stores.list(limit=1)]
attached = client.vector_stores.files.create_and_poll(vector_store_id=store.id, file_id=file.id, attributes={"year": 2026})
assert (attached.status, attached.attributes) == ("completed", {"year": 2026}), attached
uploaded = client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=named("wax.txt", "Wax melts at 63 degrees."))
assert uploaded.status == "completed", uploaded
batch = client.vector_stores.file_batches.upload_and_poll(
    vector_store_id=store.id, files=[named("a.txt", "Ants carry leaves."), named("b.txt", "Beetles roll balls.")]
)
assert (batch.status, batch.file_counts.completed) == ("completed", 2), batch
assert client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id).file_counts.total == 2
members = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, limit=1)
assert len(list(members)) == 2
assert client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id).status == "cancelled"
assert len(list(client.vector_stores.files.list(store.id, limit=2))) == 4

found = client.vector_stores.search(store.id, query="How do bees keep warm?", max_num_results=1)
assert found.data[0].file_id == file.id, found
year = {"type": "eq", "key": "year", "value": 2026}


def compared(kind: str, value: object) -> dict:
    return {"type": kind, "key": "year", "value": value}


static = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 20}}
second = client.vector_stores.file_batches.create_and_poll(
    store.id, file_ids=[uploaded.id], attributes={"year": 1990}, chunking_strategy=static
)
assert second.status == "completed", second
both = [member.id for member in client.vector_stores.files.list(store.id, filter="completed", order="asc")]
assert {file.id, uploaded.id} <= set(both), both
retrieved = client.vector_stores.files.retrieve(uploaded.id, vector_store_id=store.id)
assert retrieved.attributes == {"year": 1990}, retrieved
assert retrieved.chunking_strategy.type == "static", retrieved
for condition, expected in (
    (compared("eq", 2026), {file.id}),
    (compared("gt", 1990), {file.id}),
    (compared("gte", 1990), {file.id, uploaded.id}),
    (compared("lt", 2026), {uploaded.id}),
    (compared("lte", 1990), {uploaded.id}),
    (compared("in", [1990, 1991]), {uploaded.id}),
    ({"type": "or", "filters": [compared("eq", 1990), compared("eq", 2026)]}, {file.id, uploaded.id}),
    ({"type": "and", "filters": [compared("gt", 1980), compared("ne", 1990)]}, {file.id}),
    ({"type": "and", "filters": [compared("gt", 1980), compared("nin", [2026])]}, {uploaded.id}),
):
    got = client.vector_stores.search(store.id, query=["bees", "wax"], filters=condition, rewrite_query=False)
    assert {hit.file_id for hit in got} == expected, (condition, got)
ranked = client.vector_stores.search(store.id, query="bees keep warm", ranking_options={"ranker": "auto", "score_threshold": 1})
assert all(hit.score >= 1 for hit in ranked), ranked
none = {"type": "and", "filters": [year, {"type": "gt", "key": "year", "value": 2026}]}
assert [hit.file_id for hit in client.vector_stores.search(store.id, query="bees", filters=year)] == [file.id]
assert client.vector_stores.search(store.id, query="bees", filters=none).data == []
changed = client.vector_stores.files.update(file.id, vector_store_id=store.id, attributes={"year": 1999})
assert changed.attributes == {"year": 1999}
assert "cluster" in client.vector_stores.files.content(file.id, vector_store_id=store.id).data[0].text
assert client.vector_stores.update(store.id, name="Renamed").name == "Renamed"
assert client.vector_stores.files.delete(uploaded.id, vector_store_id=store.id).deleted
assert client.files.delete(file.id).deleted
assert client.vector_stores.delete(store.id).deleted

for kind, work in (
    (openai.NotFoundError, lambda: client.vector_stores.retrieve(store.id)),
    (openai.NotFoundError, lambda: client.files.retrieve(file.id)),
    (openai.NotFoundError, lambda: client.beta.assistants.list()),
    (openai.NotFoundError, lambda: client.responses.create(model="gpt-5", input="Hello")),
    (openai.NotFoundError, lambda: client.chat.completions.create(model="gpt-5", messages=[])),
    (openai.BadRequestError, lambda: client.vector_stores.list(limit=0)),
    (openai.BadRequestError, lambda: client.vector_stores.search("vs_default", query="")),
    (openai.AuthenticationError, lambda: client.with_options(api_key="nobody").models.list()),
):
    try:
        work()
    except kind as error:
        assert error.status_code and error.body, error
    else:
        raise AssertionError(f"{kind} was not raised")
print("ok")
