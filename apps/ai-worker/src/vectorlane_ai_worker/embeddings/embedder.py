"""Requests take turns at the model, batch by batch, so that a large one does not hold up a small one."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from starlette.requests import ClientDisconnect

from ..metrics import Metrics
from .model import EmbeddingModel, Vectors, batches
from .model_files import DIMENSION, find_model_files

_T = TypeVar("_T")


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
        # One thread: its queue is first in, first out, and a batch already uses all of the model's own threads.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    @property
    def ready(self) -> bool:
        return self._model is not None

    async def load(self) -> None:
        """Raises `ModelFilesError`, and whatever ONNX Runtime has to say of files it cannot use."""
        self._model = await self._in_thread(
            lambda: EmbeddingModel.load(find_model_files(self._folder), self._threads),
        )

    async def embed(self, texts: Sequence[str], is_wanted: Callable[[], Awaitable[bool]]) -> Embedded:
        """Embeds texts in their order.

        Args:
            texts: any number; each is cut to the model's window.
            is_wanted: asked between batches; once it says no, the rest is left undone and `ClientDisconnect` raised.

        """
        model = self._model
        if model is None:
            raise RuntimeError("the model is not loaded")
        ids = await self._in_thread(lambda: [model.tokenize(text) for text in texts])
        lengths = [len(tokens) for tokens in ids]
        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
        for batch in batches(lengths, self._batch_tokens):
            if not await is_wanted():
                raise ClientDisconnect
            vectors[batch] = await self._in_thread(partial(self._run, model, [ids[at] for at in batch]))
        total = sum(lengths)
        self._metrics.texts.inc(len(texts))
        self._metrics.tokens.inc(total)
        return Embedded(vectors, total)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _run(self, model: EmbeddingModel, batch: list[list[int]]) -> Vectors:
        began = time.monotonic()
        vectors = model.embed(batch)
        self._metrics.batch_duration.observe(time.monotonic() - began)
        return vectors

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
