"""What the models have in common: their files, their session on ONNX Runtime, their thread and their batches."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import onnxruntime
from starlette.requests import ClientDisconnect

_T = TypeVar("_T")


class ModelFilesError(Exception):
    """A file of a model is missing or not one that can be used; the message is for the operator."""


def find_weights(folder: Path, variable: str) -> Path:
    """Raises `ModelFilesError`, naming the setting that says where to look."""
    weights = next((path for path in (folder / "onnx/model.onnx", folder / "model.onnx") if path.is_file()), None)
    if weights is None:
        raise ModelFilesError(f"The folder {folder} has neither onnx/model.onnx nor model.onnx. Set {variable}.")
    return weights


def open_session(weights: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning costs up to four times the CPU on a small busy machine; a pattern would be kept for every length.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


class ModelThread:
    """One thread: its queue is first in, first out, and a batch already uses all of the model's own threads."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def run_batches(
        self,
        lengths: Sequence[int],
        max_tokens: int,
        is_wanted: Callable[[], Awaitable[bool]],
        work: Callable[[list[int]], None],
    ) -> None:
        """Works on positions, batch by batch, so that other requests have their turns in between.

        Args:
            lengths: tokens at each position.
            max_tokens: of a batch.
            is_wanted: asked between batches; once it says no, the rest is left undone and `ClientDisconnect` raised.
            work: takes the positions of a batch.

        """
        for batch in batches(lengths, max_tokens):
            if not await is_wanted():
                raise ClientDisconnect
            await self.run(partial(work, batch))

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def batches(lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Positions of texts, batch by batch: like lengths together, so that little is padded.

    A batch holds at most `max_tokens` with its padding, and always at least one text.
    """
    batch: list[int] = []
    longest = 0
    for position in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        longest = max(longest, lengths[position])
        if batch and longest * (len(batch) + 1) > max_tokens:
            yield batch
            batch, longest = [], lengths[position]
        batch.append(position)
    if batch:
        yield batch
