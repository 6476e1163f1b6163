from __future__ import annotations

import base64
import hashlib
import hmac
import re
from pathlib import Path

import pytest

import generate
import vectorlane
from vectorlane import WebhookVerificationError, verify_webhook

README = Path(__file__).parent.parent / "README.md"


def test_what_is_generated_is_current() -> None:
    for path, text in generate.rendered().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: python scripts/generate.py"


def test_the_code_of_the_readme_is_python() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 7
    for block in blocks:
        compile(block, str(README), "exec")
        for names in re.findall(r"from vectorlane import ([\w, ]+)", block):
            assert all(hasattr(vectorlane, name) for name in names.split(", "))


SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
BODY = b'{"type":"document.completed","data":{"documentId":"d1"}}'


def signed(secret: str = SECRET, body: bytes = BODY, at: int = 1_000) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, b"msg_1.%d." % at + body, hashlib.sha256).digest()
    other, right = (base64.b64encode(value).decode() for value in (b"other", signature))
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1a,AAAA v1,{other} v1,{right}",
    }


def test_believes_what_is_signed() -> None:
    assert verify_webhook(BODY, signed(), SECRET, now=1_200)["type"] == "document.completed"
    assert verify_webhook(BODY.decode(), signed(), SECRET, now=800)["data"] == {"documentId": "d1"}


def test_signs_as_the_standard_does() -> None:
    # Signed by the standard's own library, `standardwebhooks` of PyPI.
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert verify_webhook('{"test": 2432232314}', headers, secret, now=1614265330) == {"test": 2432232314}


@pytest.mark.parametrize(
    ("change", "now"),
    [
        ({"Webhook-Signature": "v1,AAAA"}, 1_000),
        ({"Webhook-Signature": "é"}, 1_000),
        ({"Webhook-Id": "msg_2"}, 1_000),
        ({"Webhook-Timestamp": "1001"}, 1_000),
        ({"Webhook-Timestamp": "soon"}, 1_000),
        ({"Webhook-Timestamp": "9" * 5_000}, 1_000),
        ({}, 1_301),
        ({}, 699),
    ],
)
def test_believes_nothing_else(change: dict[str, str], now: float) -> None:
    with pytest.raises(WebhookVerificationError):
        verify_webhook(BODY, {**signed(), **change}, SECRET, now=now)


def test_other_content_secrets_and_missing_headers() -> None:
    with pytest.raises(WebhookVerificationError):
        verify_webhook(BODY + b" ", signed(), SECRET, now=1_000)
    with pytest.raises(WebhookVerificationError):
        verify_webhook(BODY, signed(secret="whsec_b3RoZXI="), SECRET, now=1_000)
    with pytest.raises(WebhookVerificationError, match="webhook-id is missing"):
        verify_webhook(BODY, {}, SECRET, now=1_000)
    with pytest.raises(ValueError, match="whsec_"):
        verify_webhook(BODY, signed(), "whsec_***", now=1_000)
