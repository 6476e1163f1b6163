"""A cross-encoder: a question and a passage, read together, to a score from 0 to 1.

Nothing is known of it but its files, so that whatever it cannot do has to show when it is loaded.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from ..inference import ModelFilesError, find_weights, open_session

Scores = NDArray[np.float64]

_KNOWN_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_INPUT_TYPES: dict[str, type[np.int64] | type[np.int32]] = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_PADDING_TOKENS = ("[PAD]", "<pad>")
#: More characters than a token has, so that no book is tokenised for the sake of its first page.
_CHARACTERS_PER_TOKEN = 16
#: Keeps `exp` within its numbers, far behind where scores differ.
_LARGEST_LOGIT = 60.0


class CrossEncoder:
    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, max_tokens: int) -> None:
        self._session = session
        self._output = session.get_outputs()[0].name
        self._types = {one.name: _input_type(one.name, one.type) for one in session.get_inputs()}
        if "input_ids" not in self._types:
            raise ModelFilesError("it has no input `input_ids`")
        self._tokenizer = tokenizer
        self._max_characters = max_tokens * _CHARACTERS_PER_TOKEN
        known = (tokenizer.token_to_id(token) for token in _PADDING_TOKENS)
        self._padding_id = next((number for number in known if number is not None), 0)
        tokenizer.no_padding()
        # The longer one is cut: the passage, but for a question that is a text itself.
        tokenizer.enable_truncation(max_tokens, strategy="longest_first")

    @classmethod
    def load(cls, folder: Path, *, threads: int, max_tokens: int) -> Self:
        """Loads the model and tries it with two pairs, an empty one and one that fills the window.

        Raises:
            ModelFilesError: it cannot be loaded, or not be used.

        """
        weights = find_weights(folder, "RERANK_MODEL_PATH")
        tokenizer_file = folder / "tokenizer.json"
        if not tokenizer_file.is_file():
            raise ModelFilesError(f"The folder {folder} has no tokenizer.json. Set RERANK_MODEL_PATH.")
        try:
            tokenizer = Tokenizer.from_file(str(tokenizer_file))
        except Exception as error:  # the library has no class of its own
            raise ModelFilesError(f"{tokenizer_file} is no tokenizer: {error}.") from None
        try:
            model = cls(open_session(weights, threads), tokenizer, max_tokens)
            model.rate([model.tokenize("", ""), model.tokenize("a", "a " * max_tokens)])
        except Exception as error:  # ONNX Runtime raises a dozen kinds
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise ModelFilesError(
                f"{weights} is no cross-encoder that reads pairs of RERANK_MAX_TOKENS={max_tokens}: {reason}."
            ) from None
        return model

    def tokenize(self, question: str, passage: str) -> Encoding:
        """The pair as the model was trained to read it, cut to the window."""
        return self._tokenizer.encode(question[: self._max_characters], passage[: self._max_characters])

    def rate(self, pairs: Sequence[Encoding]) -> Scores:
        """A score from 0 to 1 for each pair.

        Raises:
            ModelFilesError: what comes out is neither one logit a pair nor two.

        """
        shape = (len(pairs), max(len(pair.ids) for pair in pairs))
        known = {
            "input_ids": np.full(shape, self._padding_id, dtype=np.int64),
            "attention_mask": np.zeros(shape, dtype=np.int64),
            "token_type_ids": np.zeros(shape, dtype=np.int64),
        }
        for row, pair in enumerate(pairs):
            known["input_ids"][row, : len(pair.ids)] = pair.ids
            known["attention_mask"][row, : len(pair.ids)] = 1
            known["token_type_ids"][row, : len(pair.ids)] = pair.type_ids
        feeds = {name: known[name].astype(kind, copy=False) for name, kind in self._types.items()}
        return _scores(self._session.run([self._output], feeds)[0], len(pairs))


def _input_type(name: str, kind: str) -> type[np.int64] | type[np.int32]:
    if name not in _KNOWN_INPUTS or kind not in _INPUT_TYPES:
        raise ModelFilesError(f"it wants an input `{name}` of {kind}, known are {', '.join(_KNOWN_INPUTS)} of int64")
    return _INPUT_TYPES[kind]


def _scores(answer: object, pairs: int) -> Scores:
    logits = np.asarray(answer, dtype=np.float64)
    if logits.shape == (pairs,):
        logits = logits[:, np.newaxis]
    if logits.shape not in ((pairs, 1), (pairs, 2)):
        raise ModelFilesError(f"it gives {list(logits.shape)} for {pairs} pairs, not one logit each or two")
    if not np.isfinite(logits).all():
        raise ModelFilesError("it gives numbers that are not finite")
    # The softmax of two, of which the second stands for “answers”, is the sigmoid of their difference.
    logit = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
    scores: Scores = 1 / (1 + np.exp(-np.clip(logit, -_LARGEST_LOGIT, _LARGEST_LOGIT)))
    return scores
