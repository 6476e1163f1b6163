"""The client that openapi-python-client makes of openapi.json, unpatched: upload, follow, search, list, download, delete.

Arguments: base URL, key. Prints one line at its end.
"""

import io
import sys
import time
from http import HTTPStatus

from vectorlane_generated import AuthenticatedClient
from vectorlane_generated.api.documents import (
    add_text,
    delete_document,
    get_document,
    get_document_content,
    list_documents,
    upload_document,
)
from vectorlane_generated.api.search import search
from vectorlane_generated.models import (
    AddTextRequest,
    Document,
    DocumentFilter,
    Problem,
    SearchAnswer,
    SearchRequest,
    UploadRequest,
    UploadRequestMetadata,
)
from vectorlane_generated.types import File

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
TEXT = "# Otters\n\nOtters hold hands while they sleep, so that the current does not part them."


def completed(document_id):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        document = get_document.sync(document_id, client=client)
        assert isinstance(document, Document), document
        if document.status in ("completed", "failed"):
            return document
        time.sleep(0.2)
    raise AssertionError("not done in time")


metadata = UploadRequestMetadata.from_dict({"animal": "otter", "year": 2026})
file = File(payload=io.BytesIO(TEXT.encode()), file_name="otters.md", mime_type="text/markdown")
request = UploadRequest(file=file, metadata=metadata, collection="generated", external_id="otters")
uploaded = upload_document.sync_detailed(client=client, body=request)
assert uploaded.status_code == HTTPStatus.ACCEPTED, uploaded
assert isinstance(uploaded.parsed, Document), uploaded
document = completed(uploaded.parsed.id)
assert (document.status, document.filename, document.external_id) == ("completed", "otters.md", "otters"), document
assert document.metadata.to_dict() == {"animal": "otter", "year": 2026}, document

added = add_text.sync(client=client, body=AddTextRequest(text="Herons stand still.", collection="generated"))
assert isinstance(added, Document), added
completed(added.id)

narrowed = DocumentFilter.from_dict({"metadata": {"year": {"gte": 2020}, "animal": "otter"}})
assert narrowed.to_dict() == {"metadata": {"year": {"gte": 2020}, "animal": "otter"}}, narrowed
question = SearchRequest(query="How do otters sleep?", collection="generated", filter_=narrowed)
found = search.sync(client=client, body=question)
assert isinstance(found, SearchAnswer), found
assert [hit.document_id for hit in found.results] == [document.id], found

page = list_documents.sync(client=client, collection=["generated"], limit=1)
assert len(page.items) == 1, page
assert page.next_cursor is not None, page
rest = list_documents.sync(client=client, collection=["generated"], cursor=page.next_cursor)
assert {item.id for item in page.items + rest.items} == {document.id, added.id}, rest
content = get_document_content.sync(document.id, client=client)
assert content.payload.read() == TEXT.encode(), content

for one in (document.id, added.id):
    assert delete_document.sync_detailed(one, client=client).status_code == HTTPStatus.NO_CONTENT
gone = get_document.sync(document.id, client=client)
assert isinstance(gone, Problem), gone
assert gone.code == "DOCUMENT_NOT_FOUND", gone
print("upload, text, search, filter, pages, content, delete, problem")
