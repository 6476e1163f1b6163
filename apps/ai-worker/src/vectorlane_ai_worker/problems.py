"""The vocabulary of refusals: every `code` a caller can meet, with its HTTP status.

One rule tells outcomes from trouble. 422 is the outcome of looking at the file: the same request would end the same, or
(`retryable: true`: TIMEOUT, PARSER_CRASHED) its repetition is for the counter of attempts to decide, never for an HTTP
client. 413 and 415 are outcomes reached before looking. Everything else says nothing of the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Definition:
    status: int
    title: str
    retryable: bool = False


#: What a parser may say of a file; the codes of the product's contract.
OUTCOMES: Final[Mapping[str, Definition]] = {
    "CORRUPT_FILE": Definition(422, "The file is damaged"),
    "PASSWORD_PROTECTED": Definition(422, "The file is protected by a password"),
    "EMPTY_CONTENT": Definition(422, "There is no text in the file"),
    "NEEDS_OCR": Definition(422, "The file holds pictures of text"),
    "TOO_LARGE": Definition(422, "The content is too large"),
    "TIMEOUT": Definition(422, "The file took too long to read", retryable=True),
    "PARSER_CRASHED": Definition(422, "The parser broke down on the file", retryable=True),
    "UNSUPPORTED_FORMAT": Definition(415, "This kind of content is not supported"),
}

#: Refusals of requests, whatever they carry.
REFUSALS: Final[Mapping[str, Definition]] = {
    "INVALID_REQUEST": Definition(400, "The request is not valid"),
    "INVALID_TOKEN": Definition(401, "The token is missing or not valid"),
    "NOT_FOUND": Definition(404, "There is nothing here"),
    "MODEL_NOT_FOUND": Definition(404, "There is no such model"),
    "METHOD_NOT_ALLOWED": Definition(405, "The route does not know this method"),
    "BODY_TIMEOUT": Definition(408, "The body took too long to arrive", retryable=True),
    "BODY_TOO_LARGE": Definition(413, "The content is too large"),
    "BUSY": Definition(429, "Too much is in work already", retryable=True),
    "INTERNAL_ERROR": Definition(500, "Something went wrong on our side", retryable=True),
    "NOT_READY": Definition(503, "The service is starting or ending", retryable=True),
    "EMBEDDING_TIMEOUT": Definition(504, "The texts took too long to embed", retryable=True),
    "RERANK_TIMEOUT": Definition(504, "The passages took too long to rate", retryable=True),
}

PROBLEMS: Final[Mapping[str, Definition]] = {**OUTCOMES, **REFUSALS}

#: Shown under another name than the one they are told apart by here: one code of the contract, two moments.
_SHOWN: Final[Mapping[str, str]] = {"BODY_TOO_LARGE": "TOO_LARGE"}


class Problem(Exception):  # RFC 9457's own word
    """A refusal with a stable code. `detail` is shown to the caller and never quotes what was sent."""

    def __init__(
        self, code: str, detail: str, *, retry_after_s: int | None = None, param: str | None = None, status: int = 0
    ) -> None:
        super().__init__(f"{code}: {detail}")
        definition = PROBLEMS[code]
        self.code = _SHOWN.get(code, code)
        self.detail = detail
        self.status = status or definition.status
        self.title = definition.title
        self.retryable = definition.retryable
        self.retry_after_s = retry_after_s
        #: The field of the request that is to blame, for OpenAI's error shape.
        self.param = param

    def problem_body(self, request_id: str) -> dict[str, object]:
        """RFC 9457."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "requestId": request_id,
            "retryable": self.retryable,
        }

    def openai_body(self) -> dict[str, object]:
        """The shape that clients of OpenAI's protocol read."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {"error": {"message": self.detail, "type": kind, "param": self.param, "code": self.code}}

    def headers(self) -> dict[str, str]:
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        if self.code == "INVALID_TOKEN":
            headers["WWW-Authenticate"] = "Bearer"
        return headers
