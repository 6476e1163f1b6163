"""What the retrievers of LangChain and LlamaIndex have in common: options of a search, and what they tell of a hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._types import SearchHit


def given(options: Mapping[str, object]) -> dict[str, Any]:
    """The options that say something, for `search`."""
    return {name: value for name, value in options.items() if value is not None}


def metadata_of(hit: SearchHit) -> dict[str, Any]:
    """What we say of it, and in `document` what was given with the document: no name of yours hides one of ours."""
    return {
        "document_id": hit["documentId"],
        "chunk_id": hit["chunkId"],
        "filename": hit["metadata"]["filename"],
        "format": hit["metadata"]["format"],
        "place": hit["place"],
        "score": hit["score"],
        "document": hit["metadata"]["document"],
    }
