"""The shared token between backend and worker."""

import hashlib
import hmac

from starlette.requests import Request

from .problems import Problem
from .settings import Settings


class TokenGuard:
    """FastAPI dependency of every product route; runs before the body is read."""

    def __init__(self, settings: Settings) -> None:
        self._expected = _digest(settings.ai_worker_token.get_secret_value())

    async def __call__(self, request: Request) -> None:
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        # Digests have one length, so that the comparison tells nothing of the token's either.
        matches = hmac.compare_digest(_digest(presented.strip()), self._expected)
        if scheme.lower() != "bearer" or not matches:
            raise Problem("INVALID_TOKEN", "Send the shared token as `Authorization: Bearer …`.")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
