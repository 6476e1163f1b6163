"""A retriever for LangChain: `pip install "vectorlane[langchain]"`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from ._async.client import AsyncVectorlane
from ._retrieval import given, metadata_of
from ._sync.client import Vectorlane
from ._types import SearchMode

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun

    from ._types import SearchAnswer


class VectorlaneRetriever(BaseRetriever):
    """Passages of a running service, best first.

    Every option of a search can be given here, or with a single question: `invoke(query, k=1, rerank=True)`. Without
    `async_client` an asynchronous question is asked by `client` in a thread.
    """

    client: Vectorlane
    async_client: AsyncVectorlane | None = None
    k: int = 5
    collection: str | Sequence[str] | None = None
    filter: Mapping[str, Any] | None = None
    mode: SearchMode | None = None
    min_score: float | None = None
    rerank: bool | None = None
    group_by_document: bool = False

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        del run_manager  # a search is one call: there is nothing to tell on the way
        return _documents_of(self.client.search(query, **self._options(options)))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        del run_manager
        if self.async_client is None:
            return _documents_of(await asyncio.to_thread(self.client.search, query, **self._options(options)))
        return _documents_of(await self.async_client.search(query, **self._options(options)))

    def _options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        own = {
            "k": self.k,
            "collection": self.collection,
            "filter": self.filter,
            "mode": self.mode,
            "min_score": self.min_score,
            "rerank": self.rerank,
            "group_by_document": self.group_by_document,
        }
        merged = given({**own, **options})
        return {"top_k": merged.pop("k"), **merged}


def _documents_of(answer: SearchAnswer) -> list[Document]:
    return [
        Document(id=hit["chunkId"], page_content=hit["content"], metadata=metadata_of(hit)) for hit in answer["results"]
    ]
