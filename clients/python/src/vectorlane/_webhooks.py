"""Checks what a webhook was sent, by Standard Webhooks 1.0."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from typing import TYPE_CHECKING, Any

from ._errors import VectorlaneError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "whsec_"


class WebhookVerificationError(VectorlaneError):
    """It does not come from who knows the secret, or is too old: answer 401 and do nothing."""


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: float = 300.0,
    now: float | None = None,
) -> dict[str, Any]:
    """Give what was sent, after its signature and its time were checked.

    `body` is what came, byte for byte. `tolerance` is how many seconds the two clocks may differ. The same message may
    come more than once: its `webhook-id` is the same then.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp, signatures = (
            given[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        )
    except KeyError as error:
        raise WebhookVerificationError(f"the header {error.args[0]} is missing") from None
    if not re.fullmatch(r"[0-9]{1,15}", timestamp):
        raise WebhookVerificationError("webhook-timestamp is not a number")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise WebhookVerificationError("webhook-timestamp is too far from this clock")
    data = body.encode() if isinstance(body, str) else bytes(body)
    signed = f"{message_id}.{timestamp}.".encode() + data
    expected = base64.b64encode(hmac.new(_key_of(secret), signed, hashlib.sha256).digest())
    # After a change of the secret there is one signature by each of the two.
    matches = [
        hmac.compare_digest(expected, value.encode())
        for version, _, value in (entry.partition(",") for entry in signatures.split())
        if version == "v1"
    ]
    if not any(matches):
        raise WebhookVerificationError("webhook-signature does not match")
    content: dict[str, Any] = json.loads(data)
    return content


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError(f"a secret is {_PREFIX} and base64, as the answer to POST /api/webhooks has it")
    return key
