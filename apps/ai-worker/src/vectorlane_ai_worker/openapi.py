"""The wire contract as an OpenAPI document: what FastAPI cannot see because handlers read their bodies themselves."""

from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

PROBLEM_HEADERS: dict[str, Any] = {
    "X-Request-ID": {"description": "The request's id: the caller's, or one made here.", "schema": {"type": "string"}}
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_MAY_SAY_WHEN = frozenset({429, 503, 504})


class ProblemDocument(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; SCREAMING_SNAKE.")
    requestId: str  # the name on the wire
    retryable: bool


class OpenAiErrorBody(BaseModel):
    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str = Field(description="Stable; SCREAMING_SNAKE.")


class OpenAiError(BaseModel):
    """The shape that clients of OpenAI's protocol read."""

    error: OpenAiErrorBody


class Readiness(BaseModel):
    status: Literal["ok", "loading", "shutting_down"]
    checks: dict[str, Literal["up", "down"]] = Field(
        description="`model`, `parsers` and, where one is configured, `reranker` decide; `ocr` does not."
    )


class Health(BaseModel):
    status: Literal["ok"]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: _failure(status, "application/problem+json", ProblemDocument) for status in statuses}


def openai_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: _failure(status, "application/json", OpenAiError) for status in statuses}


def _failure(status: int, media_type: str, model: type[BaseModel]) -> dict[str, Any]:
    headers = PROBLEM_HEADERS | (_RETRY_AFTER if status in _MAY_SAY_WHEN else {})
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"description": _MEANING[status], "headers": headers, "content": {media_type: {"schema": schema}}}


_MEANING = {
    400: "The request is not valid.",
    401: "The token is missing or not valid.",
    404: "There is no such model (`MODEL_NOT_FOUND`).",
    408: "The body took too long to arrive.",
    413: "The body is larger than is taken (`TOO_LARGE`).",
    415: "The content is of no format that is read here (`UNSUPPORTED_FORMAT`).",
    422: (
        "What the file came to: `CORRUPT_FILE`, `PASSWORD_PROTECTED`, `EMPTY_CONTENT`, `NEEDS_OCR`, `TOO_LARGE`, "
        "`TIMEOUT`, `PARSER_CRASHED`."
    ),
    429: "Too many requests of this kind are in work (`BUSY`).",
    500: "Something went wrong on our side.",
    503: "Starting or ending (`NOT_READY`).",
    504: "The texts took too long for the model (`EMBEDDING_TIMEOUT`, `RERANK_TIMEOUT`).",
}


def json_body(model: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def binary_body(media_types: list[str]) -> dict[str, Any]:
    content: dict[str, Any] = {
        media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types
    }
    return {"requestBody": {"required": True, "description": "The file's bytes.", "content": content}}


def openapi_document(app: FastAPI, extra_models: list[type[BaseModel]]) -> dict[str, Any]:
    """The committed contract: FastAPI's document, the models that handlers read themselves, and the token."""
    document = app.openapi()
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    models: list[type[BaseModel]] = [*extra_models, ProblemDocument, OpenAiError]
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for name in _NEVER_NULL:
        for field in schemas[name]["properties"].values():
            _drop_null(field)
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in document["paths"].items():
        if path.startswith("/v1/"):
            for operation in operations.values():
                operation["security"] = [{"token": []}]
                if path == "/v1/embeddings":
                    operation["responses"].pop("422", None)
    return document


#: Answers leave out what they do not have.
_NEVER_NULL = ("RecognisedPage",)


def _drop_null(field: dict[str, Any]) -> None:
    kinds = [kind for kind in field.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del field["anyOf"]
        field.pop("default", None)
        field.update(kinds[0])
