"""How the synchronous client waits, and calls what blocks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def call(function: Callable[..., Result], *args: object) -> Result:
    return function(*args)
