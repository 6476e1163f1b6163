"""A retriever for LlamaIndex: `pip install "vectorlane[llama-index]"`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from ._retrieval import given, metadata_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._async.client import AsyncVectorlane
    from ._sync.client import Vectorlane
    from ._types import SearchAnswer, SearchMode

#: Of use to programs, and none to a model that reads the passage.
_NOT_READ = ["document_id", "chunk_id", "format", "score"]


class VectorlaneRetriever(BaseRetriever):
    """Passages of a running service, best first.

    Without `async_client` an asynchronous question is asked by `client` in a thread.
    """

    def __init__(
        self,
        client: Vectorlane,
        *,
        async_client: AsyncVectorlane | None = None,
        top_k: int = 5,
        collection: str | Sequence[str] | None = None,
        filter: Mapping[str, Any] | None = None,
        mode: SearchMode | None = None,
        min_score: float | None = None,
        rerank: bool | None = None,
        group_by_document: bool = False,
    ) -> None:
        super().__init__()
        self._client = client
        self._async_client = async_client
        self._options = given(
            {
                "top_k": top_k,
                "collection": collection,
                "filter": filter,
                "mode": mode,
                "min_score": min_score,
                "rerank": rerank,
                "group_by_document": group_by_document,
            }
        )

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes_of(self._client.search(query_bundle.query_str, **self._options))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if self._async_client is None:
            return await asyncio.to_thread(self._retrieve, query_bundle)
        return _nodes_of(await self._async_client.search(query_bundle.query_str, **self._options))


def _nodes_of(answer: SearchAnswer) -> list[NodeWithScore]:
    nodes = []
    for hit in answer["results"]:
        node = TextNode(
            id_=hit["chunkId"],
            text=hit["content"],
            metadata=metadata_of(hit),
            excluded_llm_metadata_keys=_NOT_READ,
            excluded_embed_metadata_keys=_NOT_READ,
        )
        # What `ref_doc_id` gives.
        node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=hit["documentId"])
        nodes.append(NodeWithScore(node=node, score=hit["score"]))
    return nodes
