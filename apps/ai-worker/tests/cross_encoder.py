"""A cross-encoder without weights, which counts the tokens that question and passage share; with a folder, writes it.

Written byte by byte, as protocol buffers have it: the package that makes such files is larger than this service.
"""

import shutil
import sys
from pathlib import Path

import numpy as np

from vectorlane_ai_worker.embeddings.model_files import find_model_files

FLOAT, INT32, INT64 = 1, 6, 7
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
#: The logit of a pair that shares no word.
NOTHING_SHARED = -2.0


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(data)) + data


def _node(kind: str, inputs: list[str], output: str, **attributes: int) -> bytes:
    named = b"".join(
        _field(5, _field(1, name) + _field(3, value) + _field(20, 2)) for name, value in attributes.items()
    )
    return _field(1, b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind) + named)


def _constant(name: str, values: list[float] | list[int]) -> bytes:
    array = np.array(values, dtype="<f4" if isinstance(values[0], float) else "<i8")
    kind = FLOAT if isinstance(values[0], float) else INT64
    return _field(5, _field(1, len(values)) + _field(2, kind) + _field(8, name) + _field(9, array.tobytes()))


def _value(number: int, name: str, kind: int, shape: list[str | int]) -> bytes:
    sizes = b"".join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return _field(number, _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, sizes))))


def onnx(
    *, logits: int = 1, kind: int = INT64, tokens: str | int = "tokens", rename: str | None = None, flat: bool = False
) -> bytes:
    """The model's file.

    Args:
        logits: how many numbers it gives a pair; of two or more the last stands for “answers”.
        kind: of its inputs.
        tokens: length of its inputs, where it takes no other.
        rename: another name of its third input.
        flat: one logit without a dimension of its own.

    """
    inputs = [*INPUTS[:2], rename or INPUTS[2]]
    nodes = [
        *(_node("Cast", [name], short, to=FLOAT) for name, short in zip(inputs, ("ids", "mask", "type"), strict=True)),
        _node("Mul", ["mask", "type"], "passage"),
        _node("Sub", ["mask", "passage"], "question"),
        _node("Unsqueeze", ["ids", "two"], "down"),
        _node("Unsqueeze", ["ids", "one"], "across"),
        _node("Equal", ["down", "across"], "same"),
        _node("Cast", ["same"], "shared", to=FLOAT),
        _node("Unsqueeze", ["question", "two"], "asked"),
        _node("Unsqueeze", ["passage", "one"], "told"),
        _node("Mul", ["shared", "asked"], "half"),
        _node("Mul", ["half", "told"], "both"),
        _node("ReduceSum", ["both", "axes"], "count", keepdims=0),
        _node("Add", ["count", "base"], "flat"),
        _node("Unsqueeze", ["flat", "one"], "logit"),
        _node("Sub", ["logit", "logit"], "zero"),
        _node("Concat", ["zero"] * (logits - 1) + ["logit"], "logits", axis=1),
    ]
    # [SEP] is in both.
    constants = [
        *(_constant("one", [1]), _constant("two", [2]), _constant("axes", [1, 2])),
        _constant("base", [NOTHING_SHARED - 1]),
    ]
    wanted = [_value(11, name, kind, ["pairs", tokens]) for name in inputs]
    given = _value(12, "flat", FLOAT, ["pairs"]) if flat else _value(12, "logits", FLOAT, ["pairs", logits])
    graph = b"".join(nodes) + _field(2, "shared words") + b"".join([*constants, *wanted, given])
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 17))


def write(folder: Path, weights: bytes | None = None) -> Path:
    """With the tokenizer that is here anyway, of BERT."""
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    (folder / "onnx/model.onnx").write_bytes(onnx() if weights is None else weights)
    shutil.copy(find_model_files(None).tokenizer, folder / "tokenizer.json")
    return folder


if __name__ == "__main__":
    write(Path(sys.argv[1]))
