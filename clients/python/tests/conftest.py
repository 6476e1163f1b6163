from __future__ import annotations

import pytest

from support import Driver
from vectorlane import _runtime_async, _runtime_sync


@pytest.fixture(params=["sync", "async"])
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """Pauses are noted instead of made."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(_runtime_sync, "sleep", pauses.append)
    monkeypatch.setattr(_runtime_async, "sleep", pause)
    return Driver(request.param, pauses)
