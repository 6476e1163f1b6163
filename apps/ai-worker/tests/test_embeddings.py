"""`POST /v1/embeddings`: OpenAI's protocol, the model's window, bounded batches."""

import base64
import json
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorlane_ai_worker.embeddings.model import EmbeddingModel
from vectorlane_ai_worker.embeddings.model_files import find_model_files
from vectorlane_ai_worker.inference import ModelFilesError, batches

from .support import Worker, running, within

CLS, SEP, UNKNOWN = 101, 102, 100


def ask(worker: Worker, **fields: Any) -> httpx.Response:
    return worker.post("/v1/embeddings", json={"model": "gte-small", **fields})


def vectors(answer: httpx.Response) -> np.ndarray[Any, Any]:
    assert answer.status_code == 200, answer.text
    return np.array([entry["embedding"] for entry in answer.json()["data"]])


@pytest.fixture(scope="module")
def model() -> EmbeddingModel:
    return EmbeddingModel.load(find_model_files(None), threads=1)


def test_one_text_and_a_list_of_texts(worker: Worker) -> None:
    one = ask(worker, input="A quiet harbour.").json()
    many = ask(worker, input=["A quiet harbour.", "Loud."]).json()
    assert one["object"] == many["object"] == "list"
    assert one["model"] == "gte-small"
    assert [entry["index"] for entry in many["data"]] == [0, 1]
    assert {entry["object"] for entry in many["data"]} == {"embedding"}
    assert np.allclose(one["data"][0]["embedding"], many["data"][0]["embedding"], atol=1e-5)


def test_vectors_have_length_one_and_mean_something(worker: Worker) -> None:
    rows = vectors(ask(worker, input=["a cat sat on a mat", "a kitten on a rug", "quarterly tax return"]))
    assert rows.shape == (3, 384)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.05


def test_answers_keep_the_order_of_the_texts(worker: Worker) -> None:
    texts = ["word " * count for count in (300, 1, 90, 2, 510, 40, 7, 1, 600)]
    together = vectors(ask(worker, input=texts))
    alone = np.concatenate([vectors(ask(worker, input=text)) for text in texts])
    assert (np.sum(together * alone, axis=1) > 0.99999).all()


def test_base64_is_the_same_numbers(worker: Worker) -> None:
    floats = vectors(ask(worker, input=["one", "two"])).astype("<f4")
    encoded = ask(worker, input=["one", "two"], encoding_format="base64").json()["data"]
    decoded = [np.frombuffer(base64.b64decode(entry["embedding"]), dtype="<f4") for entry in encoded]
    assert np.array_equal(np.array(decoded), floats)


def test_usage_counts_tokens(worker: Worker) -> None:
    assert ask(worker, input=["hello world", ""]).json()["usage"] == {"prompt_tokens": 6, "total_tokens": 6}
    assert ask(worker, input="word " * 2000).json()["usage"]["total_tokens"] == 512


def test_dimensions_only_as_they_are(worker: Worker) -> None:
    assert ask(worker, input="x", dimensions=384).status_code == 200
    error = ask(worker, input="x", dimensions=256).json()["error"]
    assert (error["code"], error["param"], error["type"]) == ("INVALID_REQUEST", "dimensions", "invalid_request_error")


def test_another_model_is_not_found(worker: Worker) -> None:
    answer = worker.post("/v1/embeddings", json={"model": "text-embedding-3-small", "input": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "MODEL_NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"model":"gte-small"}',
        b'{"input":"x"}',
        b'{"model":"gte-small","input":[]}',
        b'{"model":"gte-small","input":[1,2]}',
        b'{"model":"gte-small","input":[[1,2]]}',
        b'{"model":"gte-small","input":5}',
        b'{"model":"gte-small","input":null}',
        b'{"model":"gte-small","input":"\\ud800"}',
        b'{"model":"gte-small","input":"\xff"}',
        b'{"model":"gte-small","input":"x","encoding_format":"hex"}',
        b'{"model":"gte-small","input":"x","dimensions":"384"}',
        b"[" * 100_000,
    ],
)
def test_anything_else_is_refused_in_openais_shape(worker: Worker, body: bytes) -> None:
    answer = worker.post("/v1/embeddings", content=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == "INVALID_REQUEST"


def test_fields_of_other_servers_are_ignored(worker: Worker) -> None:
    assert ask(worker, input="x", user="somebody", truncate="END").status_code == 200


def test_texts_of_a_request_are_bounded() -> None:
    with running(EMBEDDING_MAX_TEXTS=2) as small:
        assert ask(small, input=["a", "b"]).status_code == 200
        assert ask(small, input=["a", "b", "c"]).status_code == 400


def test_a_request_is_bounded_in_time() -> None:
    with running(EMBEDDING_TIMEOUT_MS=300, EMBEDDING_BATCH_TOKENS=512, EMBEDDING_THREADS=1) as slow:
        answer = ask(slow, input=["word " * 600] * 200)
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "EMBEDDING_TIMEOUT")
        # The batch in hand runs out first.
        assert within(60, lambda: ask(slow, input="short").status_code == 200)


def test_a_caller_who_hangs_up_frees_the_model() -> None:
    with running(EMBEDDING_BATCH_TOKENS=512, EMBEDDING_THREADS=1) as worker:
        body = {"model": "gte-small", "input": ["word " * 600] * 256}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                worker.url + "/v1/embeddings",
                json=body,
                headers={"Authorization": "Bearer t0ken-" + "x" * 40},
                timeout=1.0,
            )
        line = worker.until(lambda: next((line for line in worker.lines() if line.get("status") == 499), None))
        assert line["path"] == "/v1/embeddings"
        assert worker.metric("embedding_texts_total") == 0


def test_tokens_are_counted_in_the_metrics(worker: Worker) -> None:
    before = worker.metric("embedding_tokens_total")
    used = ask(worker, input=["count these", "and those words"]).json()["usage"]["total_tokens"]
    assert worker.metric("embedding_tokens_total") >= before + used


def test_the_window_is_cut_and_keeps_its_end(model: EmbeddingModel) -> None:
    for text in (
        "word " * 5_000,
        "é" * 20_000 + " tail" * 600,
        "x",
        "",
        "zażółć " * 900,
        "漢字" * 3_000,
        " " * 50_000 + "far",
    ):
        ids = model.tokenize(text)
        assert ids[0] == CLS
        assert ids[-1] == SEP
        assert 2 <= len(ids) <= 512


def test_a_sigma_at_the_end_of_a_word(model: EmbeddingModel) -> None:
    assert model.tokenize("ΣΊΣΥΦΟΣ Σ") == model.tokenize("σίσυφος σ")


def test_a_cut_text_has_the_tokens_of_the_whole(model: EmbeddingModel) -> None:
    # One unknown word longer than the first cut, then words that have to be seen.
    text = "q" * 9_000 + " harbour light" + " " * 40_000 + " signal flag" * 400
    whole = model._tokenizer.encode(text, add_special_tokens=False).ids
    assert model.tokenize(text) == [CLS, *whole[:510], SEP]
    assert whole[0] == UNKNOWN


@given(st.lists(st.integers(2, 512), max_size=80), st.integers(512, 4_096))
def test_batches_are_bounded_and_lose_nothing(lengths: list[int], max_tokens: int) -> None:
    found = list(batches(lengths, max_tokens))
    assert sorted(position for batch in found for position in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) * max(lengths[position] for position in batch) <= max_tokens


@given(st.lists(st.integers(2, 512), min_size=1, max_size=80))
def test_batches_go_by_length(lengths: list[int]) -> None:
    order = [lengths[position] for batch in batches(lengths, 2_048) for position in batch]
    assert order == sorted(lengths)


def test_other_weights_are_refused(tmp_path: Any) -> None:
    real = find_model_files(None)
    (tmp_path / "model.onnx").write_bytes(real.weights.read_bytes()[:-1] + b"x")
    (tmp_path / "tokenizer.json").write_bytes(real.tokenizer.read_bytes())
    with pytest.raises(ModelFilesError, match="is not the file it should be"):
        find_model_files(tmp_path)


def test_another_tokenizer_is_refused(tmp_path: Any) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "tokenizer.json").write_text(json.dumps({}))
    with pytest.raises(ModelFilesError, match=r"tokenizer\.json is not the file"):
        find_model_files(tmp_path)
