"""Drives OpenAI's files and vector stores by OpenAI's own client for Python. Arguments: base URL, key."""

import io
import sys

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

store = client.vector_stores.create(name="Python", metadata={"by": "python"}, expires_after={"anchor": "last_active_at", "days": 3})
assert client.vector_stores.retrieve(store.id).expires_at == store.expires_at
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
