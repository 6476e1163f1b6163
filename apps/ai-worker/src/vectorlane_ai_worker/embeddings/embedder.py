"""Requests take turns at the model, batch by batch, so that a large one does not hold up a small one."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..inference import ModelThread
from ..metrics import Metrics
from .model import EmbeddingModel, Vectors
from .model_files import DIMENSION, find_model_files


@dataclass(frozen=True, slots=True)
class Embedded:
    vectors: Vectors
    tokens: int


class Embedder:
    def __init__(self, *, folder: Path | None, threads: int, batch_tokens: int, metrics: Metrics) -> None:
        self._folder = folder
        self._threads = threads
        self._batch_tokens = batch_tokens
        self._metrics = metrics
        self._model: EmbeddingModel | None = None
        self._thread = ModelThread("model")

    @property
    def ready(self) -> bool:
        return self._model is not None

    async def load(self) -> None:
        """Raises `ModelFilesError`, and whatever ONNX Runtime has to say of files it cannot use."""
        self._model = await self._thread.run(
            lambda: EmbeddingModel.load(find_model_files(self._folder), self._threads),
        )

    async def embed(self, texts: Sequence[str], is_wanted: Callable[[], Awaitable[bool]]) -> Embedded:
        """Embeds texts in their order.

        Args:
            texts: any number; each is cut to the model's window.
            is_wanted: see `ModelThread.run_batches`.

        """
        model = self._model
        if model is None:
            raise RuntimeError("the model is not loaded")
        ids = await self._thread.run(lambda: [model.tokenize(text) for text in texts])
        lengths = [len(tokens) for tokens in ids]
        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)

        def embed_batch(batch: list[int]) -> None:
            began = time.monotonic()
            vectors[batch] = model.embed([ids[at] for at in batch])
            self._metrics.batch_duration.observe(time.monotonic() - began)

        await self._thread.run_batches(lengths, self._batch_tokens, is_wanted, embed_batch)
        total = sum(lengths)
        self._metrics.texts.inc(len(texts))
        self._metrics.tokens.inc(total)
        return Embedded(vectors, total)

    def close(self) -> None:
        self._thread.close()
