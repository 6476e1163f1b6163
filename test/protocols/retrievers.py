"""The retrievers of clients/python for LangChain and LlamaIndex, from the wheel. VECTORLANE_URL and VECTORLANE_KEY."""

import asyncio
import json
import os
import re
from pathlib import Path

import httpx
import pytest
from langchain_tests.integration_tests import RetrieversIntegrationTests
from llama_index.core.schema import MetadataMode

from vectorlane import AsyncVectorlane, Vectorlane
from vectorlane.langchain import VectorlaneRetriever as LangChainRetriever
from vectorlane.llama_index import VectorlaneRetriever as LlamaIndexRetriever

URL, KEY = os.environ["VECTORLANE_URL"], os.environ["VECTORLANE_KEY"]
README = Path(os.environ["VECTORLANE_README"])
COLLECTION = "retrievers"
QUESTION = "Which bird dances?"
FILES = {
    "cranes.md": "# Cranes\n\nCranes dance in pairs.",
    "grebes.md": "# Grebes\n\nGrebes dance on water.",
    "owls.md": "# Owls\n\nOwls hunt at night.",
    "terns.md": "# Terns\n\nTerns fly from pole to pole.",
}


@pytest.fixture(scope="module")
def client():
    with Vectorlane(URL, api_key=KEY) as service:
        documents = [
            service.upload(text.encode(), filename=name, collection=COLLECTION, metadata={"bird": name[:-3], "score": 7})
            for name, text in FILES.items()
        ]
        for document in documents:
            service.wait_until_done(document, timeout=120)
        yield service
        for document in documents:
            service.delete(document["id"])


class TestByLangChain(RetrieversIntegrationTests):
    """LangChain's own suite."""

    @pytest.fixture(autouse=True)
    def _served(self, client):
        self.client = client

    @property
    def retriever_constructor(self):
        return LangChainRetriever

    @property
    def retriever_constructor_params(self):
        return {"client": self.client, "collection": COLLECTION}

    @property
    def retriever_query_example(self):
        return QUESTION


def ids_of(client):
    return {document["filename"]: document["id"] for document in client.documents.list(collection=COLLECTION)}


def test_langchain_tells_whence_a_passage_comes(client):
    retriever = LangChainRetriever(client=client, k=1, collection=[COLLECTION], filter={"metadata": {"bird": "owls"}})
    [found] = retriever.invoke(QUESTION)
    assert "Owls hunt at night." in found.page_content
    chunk, score = found.metadata.pop("chunk_id"), found.metadata.pop("score")
    assert found.id == chunk
    assert 0 <= score <= 1
    assert found.metadata == {
        "document_id": ids_of(client)["owls.md"],
        "filename": "owls.md",
        "format": "md",
        "place": {"heading": "Owls"},
        "document": {"bird": "owls", "score": 7},
    }
    assert retriever.invoke(QUESTION, filter={"metadata": {"bird": "none"}}) == []


def test_llama_index_tells_whence_a_passage_comes(client):
    retriever = LlamaIndexRetriever(client, top_k=1, collection=COLLECTION, filter={"metadata": {"bird": "terns"}})
    [found] = retriever.retrieve(QUESTION)
    assert "pole to pole" in found.node.get_content()
    assert found.node.ref_doc_id == ids_of(client)["terns.md"] == found.node.metadata["document_id"]
    assert found.node.node_id == found.node.metadata["chunk_id"]
    assert found.score == found.node.metadata["score"]
    assert (found.node.metadata["filename"], found.node.metadata["place"]) == ("terns.md", {"heading": "Terns"})
    read = found.node.get_content(metadata_mode=MetadataMode.LLM)
    assert "terns.md" in read
    assert found.node.node_id not in read


@pytest.mark.parametrize("native", [True, False])
def test_asynchronous_with_and_without_a_client_of_its_own(client, native):
    async def ask():
        own = AsyncVectorlane(URL, api_key=KEY) if native else None
        lang = LangChainRetriever(client=client, async_client=own, k=2, collection=COLLECTION)
        llama = LlamaIndexRetriever(client, async_client=own, top_k=2, collection=COLLECTION)
        one, other = await lang.ainvoke(QUESTION), await llama.aretrieve(QUESTION)
        [single] = await lang.ainvoke(QUESTION, k=1)
        if own is not None:
            await own.close()
        return [document.id for document in one], [node.node.node_id for node in other], single.id

    one, other, single = asyncio.run(ask())
    assert one == other
    assert (len(one), single) == (2, one[0])


OPTIONS = {"collection": ["a", "b"], "filter": {"format": ["md"]}, "mode": "keyword", "min_score": 0.0, "rerank": False}
SENT = {"query": "q", "collection": ["a", "b"], "filter": {"format": ["md"]}, "mode": "keyword", "minScore": 0.0} | {
    "rerank": False,
    "groupBy": "document",
    "topK": 3,
}


def test_options_are_those_of_a_search():
    sent = []

    def answer(request):
        sent.append(json.loads(request.content))
        return httpx.Response(200, json={"results": [], "tookMs": 1})

    with Vectorlane("http://there", api_key="vl_key", transport=httpx.MockTransport(answer)) as client:
        LangChainRetriever(client=client, k=3, group_by_document=True, **OPTIONS).invoke("q")
        LlamaIndexRetriever(client, top_k=3, group_by_document=True, **OPTIONS).retrieve("q")
        LangChainRetriever(client=client).invoke("q", k=3, group_by_document=True, **OPTIONS)
        assert sent == [SENT] * 3
        with pytest.raises(TypeError, match="topK"):
            LangChainRetriever(client=client).invoke("q", topK=3)


def test_the_programs_of_the_readme_run(client, capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    programs = [block for block in blocks if "VectorlaneRetriever" in block]
    assert len(programs) == 2
    for program in programs:
        exec(compile(program, str(README), "exec"), {"__name__": "__main__"})
        assert "cranes.md" in capsys.readouterr().out
