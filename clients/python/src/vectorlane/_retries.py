"""Whether a request is sent again, and when. There is always an end."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom

from ._errors import ApiError, ConnectionFailedError, VectorlaneError

_random = SystemRandom()


@dataclass(frozen=True)
class RetryPolicy:
    """Times in seconds. `max_retries=0` sends everything once."""

    max_retries: int = 4
    first_delay: float = 0.5
    longest_delay: float = 20.0
    #: A service that wants a longer pause than this is not waited for.
    longest_retry_after: float = 120.0

    def delay(self, failure: VectorlaneError, tries: int, *, repeatable: bool) -> float | None:
        """Seconds until the next try, or nothing to give up.

        `tries` were made already; `repeatable` where doing it twice is the same as doing it once.
        """
        if tries > self.max_retries or not _may_pass(failure, repeatable=repeatable):
            return None
        backoff: float = min(self.longest_delay, self.first_delay * 2 ** (tries - 1))
        backoff *= _random.uniform(0.5, 1.0)
        asked = failure.retry_after if isinstance(failure, ApiError) else None
        if asked is None:
            return backoff
        # A little later than asked, so that clients that were refused together do not come back together.
        return asked + backoff / 4 if asked <= self.longest_retry_after else None


def _may_pass(failure: VectorlaneError, *, repeatable: bool) -> bool:
    if isinstance(failure, ConnectionFailedError):
        return repeatable or not failure.sent
    if not isinstance(failure, ApiError):
        return False
    if failure.status == 429:
        return True  # comes before anything is done
    if failure.status == 503:
        # By the service itself it comes before anything is done too; a proxy's says nothing about that.
        return repeatable or failure.retryable
    return repeatable and (failure.retryable or failure.status in {408, 502, 504})
