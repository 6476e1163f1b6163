"""The model itself: text to token ids to one vector of length 1, on ONNX Runtime."""

import re
from collections.abc import Sequence
from typing import Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ..inference import open_session
from .model_files import DIMENSION, WINDOW_TOKENS, ModelFiles

Vectors = NDArray[np.float32]

#: Characters tokenised first; enough for the window of almost every text, so that a long one is not read whole.
_FIRST_CUT = 8_192
#: The last word of a cut text may be half of one. It makes at most 100 tokens, all of them behind the window.
_CUT_MARGIN_TOKENS = 128
_SPECIAL_TOKENS = 2
_WORD_WITH_SIGMA = re.compile(r"\S*Σ\S*")


class EmbeddingModel:
    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = [model_input.name for model_input in session.get_inputs()]
        self._output = session.get_outputs()[0].name
        encoded = tokenizer.encode("", add_special_tokens=True).ids
        self._start, self._end = encoded[0], encoded[-1]

    @classmethod
    def load(cls, files: ModelFiles, threads: int) -> Self:
        """Loads and tries the model with the shortest text: one that cannot do this fails the start."""
        session = open_session(files.weights, threads)
        tokenizer = Tokenizer.from_file(str(files.tokenizer))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        model = cls(session, tokenizer)
        model.embed([model.tokenize("")])
        return model

    def tokenize(self, text: str) -> list[int]:
        """Token ids with [CLS] and [SEP]; what is beyond the window is cut off, [SEP] stays."""
        room = WINDOW_TOKENS - _SPECIAL_TOKENS
        if "Σ" in text:
            # In BERT's own tokenizer, and in the backend's, a sigma that ends a word has its own small letter; in this
            # library it has not.
            text = _WORD_WITH_SIGMA.sub(lambda word: word[0].lower(), text)
        length = _FIRST_CUT
        while True:
            ids = self._tokenizer.encode(text[:length], add_special_tokens=False).ids
            if length >= len(text) or len(ids) >= room + _CUT_MARGIN_TOKENS:
                return [self._start, *ids[:room], self._end]
            length *= 4

    def embed(self, batch: Sequence[Sequence[int]]) -> Vectors:
        """One vector of length 1 a row: the mean of the token states, padding left out. Shape (texts, 384)."""
        longest = max(len(ids) for ids in batch)
        input_ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros_like(input_ids)
        for row, ids in enumerate(batch):
            input_ids[row, : len(ids)] = ids
            mask[row, : len(ids)] = 1
        known = {"input_ids": input_ids, "attention_mask": mask, "token_type_ids": np.zeros_like(input_ids)}
        feeds = {name: known[name] for name in self._inputs}
        states: NDArray[np.float32] = self._session.run([self._output], feeds)[0]
        # Dividing by the number of tokens would cancel out against the length.
        sums = np.einsum("btd,bt->bd", states, mask, dtype=np.float64)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        if states.shape[2] != DIMENSION or not np.isfinite(lengths).all() or not lengths.all():
            raise ArithmeticError("the model gave no usable vector")
        vectors: Vectors = (sums / lengths).astype(np.float32)
        return vectors
