"""`POST /v1/rerank`: Cohere's shape, any cross-encoder, bounded in documents, bytes, tokens and time."""

import asyncio
import math
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from vectorlane_ai_worker.app import AiWorker
from vectorlane_ai_worker.embeddings.model_files import find_model_files
from vectorlane_ai_worker.inference import ModelFilesError
from vectorlane_ai_worker.reranking.model import CrossEncoder
from vectorlane_ai_worker.settings import Settings

from .cross_encoder import INT32, NOTHING_SHARED, onnx, write
from .support import APP, AUTHORISED, MODULE, TOKEN, Worker, environment, running, within

QUESTION = "where is the harbour light"
#: Of the question's words they share none, four and two.
PASSAGES = ["sourdough bread", "the harbour light is red", "a light over there is out"]


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def ask(worker: Worker, **fields: Any) -> httpx.Response:
    return worker.post("/v1/rerank", json={"query": QUESTION, "documents": PASSAGES, **fields})


def scores(answer: httpx.Response) -> dict[int, float]:
    assert answer.status_code == 200, answer.text
    return {one["index"]: one["relevance_score"] for one in answer.json()["results"]}


def load(folder: Path, max_tokens: int = 64) -> CrossEncoder:
    return CrossEncoder.load(folder, threads=1, max_tokens=max_tokens)


def rate(model: CrossEncoder, question: str, passages: list[str]) -> list[float]:
    rated: list[float] = model.rate([model.tokenize(question, passage) for passage in passages]).tolist()
    return rated


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("reranker"))


@pytest.fixture(scope="module")
def reranker(folder: Path) -> Iterator[Worker]:
    with running(RERANK_MODEL_PATH=folder, RERANK_MAX_DOCUMENTS=4, RERANK_MAX_BODY_BYTES=10_000) as started:
        yield started


def test_the_best_is_first_and_scores_are_the_logits_sigmoids(reranker: Worker) -> None:
    answer = ask(reranker)
    assert [one["index"] for one in answer.json()["results"]] == [1, 2, 0]
    shared = {0: 0, 1: 4, 2: 2}
    assert scores(answer) == pytest.approx({at: sigmoid(NOTHING_SHARED + n) for at, n in shared.items()})
    assert answer.json()["usage"]["total_tokens"] > 3 * len(QUESTION.split())


def test_top_n_and_fields_of_other_servers(reranker: Worker) -> None:
    assert list(scores(ask(reranker, top_n=1, model="rerank-v3.5", return_documents=False))) == [1]
    assert len(scores(ask(reranker, top_n=9))) == 3


def test_the_model_is_ready_with_the_worker_and_counted(reranker: Worker) -> None:
    assert reranker.get("/ready").json()["checks"]["reranker"] == "up"
    before = reranker.metric("rerank_pairs_total")
    tokens = reranker.metric("rerank_tokens_total")
    used = ask(reranker).json()["usage"]["total_tokens"]
    assert reranker.metric("rerank_pairs_total") == before + 3
    assert reranker.metric("rerank_tokens_total") == tokens + used
    assert reranker.metric("rerank_batch_duration_seconds_count") > 0
    line = next(line for line in reversed(reranker.lines()) if line.get("path") == "/v1/rerank")
    assert (line["documents"], line["tokens"]) == (3, used)
    assert "harbour" not in reranker.output


@pytest.mark.parametrize(
    "fields",
    [
        {"query": ""},
        {"query": None},
        {"query": ["a"]},
        {"documents": []},
        {"documents": "a"},
        {"documents": [1]},
        {"documents": [{"text": "a"}]},
        {"documents": ["a"] * 5},
        {"top_n": 0},
        {"top_n": "2"},
    ],
)
def test_anything_else_is_refused(reranker: Worker, fields: dict[str, Any]) -> None:
    answer = ask(reranker, **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"query":"x","texts":["a"]}', b'{"query":"\\ud800","documents":["a"]}']
)
def test_no_request_is_refused(reranker: Worker, body: bytes) -> None:
    # The second last is how text-embeddings-inference is asked: who finds out by asking, asks in our words next.
    answer = reranker.post("/v1/rerank", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_body_is_bounded(reranker: Worker) -> None:
    answer = ask(reranker, documents=["a" * 20_000])
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


def test_without_a_model_there_is_404_before_the_body(worker: Worker) -> None:
    answer = worker.post("/v1/rerank", content=b"{")
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (404, "MODEL_NOT_FOUND", False)
    assert "reranker" not in worker.get("/ready").json()["checks"]


def test_while_it_loads_there_is_503_and_nobody_is_welcome(folder: Path) -> None:
    worker = AiWorker(Settings(ai_worker_token=SecretStr(TOKEN), rerank_model_path=folder, tesseract_path="none"))

    async def answers() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(worker.asgi())
        async with httpx.AsyncClient(transport=transport, base_url="http://worker", headers=AUTHORISED) as client:
            return await client.post("/v1/rerank", json={}), await client.get("/ready")

    refused, readiness = asyncio.run(answers())
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "NOT_READY", "1")
    assert (readiness.status_code, readiness.json()["checks"]["reranker"]) == (503, "down")


def test_a_caller_who_hangs_up_frees_the_model(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"RERANK_BATCH_TOKENS": 512, "RERANK_MAX_DOCUMENTS": 2_048, "RERANK_CONCURRENCY": 1}
    with running(RERANK_MODEL_PATH=write(tmp_path), **settings) as worker:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                worker.url + "/v1/rerank",
                json={"query": QUESTION, "documents": ["word " * 600] * 2_048},
                headers=AUTHORISED,
                timeout=1.0,
            )
        worker.until(lambda: next((line for line in worker.lines() if line.get("status") == 499), None))
        assert worker.metric("rerank_pairs_total") == 0
        assert ask(worker).status_code == 200


def test_a_request_is_bounded_in_time_and_others_in_number(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"RERANK_THREADS": 1, "RERANK_BATCH_TOKENS": 512, "RERANK_TIMEOUT_MS": 2_000}
    bounds: dict[str, Any] = {"RERANK_CONCURRENCY": 1, "RERANK_QUEUE": 0, "RERANK_MAX_DOCUMENTS": 2_048}
    long = {"documents": ["word " * 600] * 2_048}
    with running(RERANK_MODEL_PATH=write(tmp_path), **settings, **bounds) as slow, ThreadPoolExecutor() as pool:
        first = pool.submit(ask, slow, **long)
        assert within(10, lambda: slow.metric('admission_in_work{operation="rerank"}') == 1)
        refused = ask(slow)
        assert (refused.status_code, refused.json()["code"]) == (429, "BUSY")
        assert "retry-after" in refused.headers
        answer = first.result(60)
        assert (answer.status_code, answer.json()["code"]) == (504, "RERANK_TIMEOUT")
        assert within(60, lambda: ask(slow).status_code == 200)


def test_pairs_are_cut_to_the_window_and_keep_their_question(folder: Path) -> None:
    model = load(folder, max_tokens=32)
    for question, passage in [("harbour", "bread " * 9_000), ("harbour " * 9_000, "bread"), ("", "x" * 90_000)]:
        assert len(model.tokenize(question, passage).ids) <= 32
    near, far = rate(model, "harbour", ["harbour " + "bread " * 90, "bread " * 90 + "harbour"])
    assert near > far


def test_what_stands_beside_it_changes_no_score(folder: Path) -> None:
    model = load(folder)
    together = rate(model, QUESTION, [*PASSAGES, "light " * 40, ""])
    alone = [rate(model, QUESTION, [passage])[0] for passage in [*PASSAGES, "light " * 40, ""]]
    assert together == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize("weights", [onnx(logits=2), onnx(flat=True), onnx(kind=INT32)], ids=["two", "flat", "int32"])
def test_other_ways_to_say_it_give_the_same_scores(folder: Path, tmp_path: Path, weights: bytes) -> None:
    assert rate(load(write(tmp_path, weights)), QUESTION, PASSAGES) == pytest.approx(
        rate(load(folder), QUESTION, PASSAGES)
    )


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        (b"", "is no cross-encoder"),
        (b"no model", "is no cross-encoder"),
        (onnx()[:-40], "is no cross-encoder"),
        (onnx(rename="position_ids"), "wants an input `position_ids`"),
        (onnx(kind=1), r"wants an input `input_ids` of tensor\(float\)"),
        (onnx(logits=3), r"gives \[2, 3\] for 2 pairs"),
        (onnx(tokens=16), "RERANK_MAX_TOKENS=64: .*invalid dimensions"),
    ],
    ids=["empty", "no model", "cut off", "another input", "another type", "three logits", "one length"],
)
def test_a_model_that_cannot_be_used_is_told_at_the_start(tmp_path: Path, weights: bytes, told: str) -> None:
    with pytest.raises(ModelFilesError, match=told):
        load(write(tmp_path, weights))


def test_a_model_of_embeddings_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match=r"gives \[2, 64, 384\] for 2 pairs"):
        load(write(tmp_path, find_model_files(None).weights.read_bytes()))


def test_a_tokenizer_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelFilesError, match="is no tokenizer"):
        load(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(ModelFilesError, match=r"has no tokenizer\.json"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("path", "told"), [("/nowhere", "/nowhere has neither"), ("/dev/null", "/dev/null has neither")]
)
def test_a_bad_folder_stops_the_boot(path: str, told: str) -> None:
    settings = environment(RERANK_MODEL_PATH=path)
    done = subprocess.run(
        [sys.executable, *MODULE], env=settings, cwd=APP, capture_output=True, timeout=100, check=False
    )
    assert done.returncode == 1
    assert f"{told} onnx/model.onnx" in done.stdout.decode()
    assert "Set RERANK_MODEL_PATH" in done.stdout.decode()
