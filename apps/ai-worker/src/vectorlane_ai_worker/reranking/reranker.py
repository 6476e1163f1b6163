"""Requests take turns at the cross-encoder, batch by batch."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..inference import ModelThread
from ..metrics import Metrics
from .model import CrossEncoder, Scores


@dataclass(frozen=True, slots=True)
class Rated:
    scores: Scores
    tokens: int


class Reranker:
    """`folder`: of the model; None where there is none."""

    def __init__(
        self, *, folder: Path | None, threads: int, max_tokens: int, batch_tokens: int, metrics: Metrics
    ) -> None:
        self._folder = folder
        self._threads = threads
        self._max_tokens = max_tokens
        self._batch_tokens = batch_tokens
        self._metrics = metrics
        self._model: CrossEncoder | None = None
        self._thread = ModelThread("reranker")

    @property
    def configured(self) -> bool:
        return self._folder is not None

    @property
    def ready(self) -> bool:
        return self._model is not None

    async def load(self) -> None:
        """Raises `ModelFilesError`."""
        folder = self._folder
        if folder is not None:
            self._model = await self._thread.run(
                lambda: CrossEncoder.load(folder, threads=self._threads, max_tokens=self._max_tokens)
            )

    async def rate(self, question: str, passages: Sequence[str], is_wanted: Callable[[], Awaitable[bool]]) -> Rated:
        """Scores in the order of the passages; `is_wanted`: see `ModelThread.run_batches`."""
        model = self._model
        if model is None:
            raise RuntimeError("the reranker is not loaded")
        pairs = await self._thread.run(lambda: [model.tokenize(question, passage) for passage in passages])
        lengths = [len(pair.ids) for pair in pairs]
        scores = np.empty(len(passages), dtype=np.float64)

        def rate_batch(batch: list[int]) -> None:
            began = time.monotonic()
            scores[batch] = model.rate([pairs[at] for at in batch])
            self._metrics.rerank_batch_duration.observe(time.monotonic() - began)

        await self._thread.run_batches(lengths, self._batch_tokens, is_wanted, rate_batch)
        total = sum(lengths)
        self._metrics.rerank_pairs.inc(len(passages))
        self._metrics.rerank_tokens.inc(total)
        return Rated(scores, total)

    def close(self) -> None:
        self._thread.close()
