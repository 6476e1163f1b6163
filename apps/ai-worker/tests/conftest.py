"""One ordinary worker for all tests that change nothing about it."""

from collections.abc import Iterator

import pytest

from .support import Worker, running


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    with running() as started:
        yield started
