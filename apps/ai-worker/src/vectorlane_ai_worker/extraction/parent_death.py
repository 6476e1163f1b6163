"""Processes that end with the one that started them, however that one ends (Linux; elsewhere with the pipe)."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int, with_signal: signal.Signals = signal.SIGKILL) -> None:
    """Asks the kernel for a signal at the parent's end.

    "Parent" is the thread that forked: start processes that call this from a thread that stays.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
    # It may have ended before the kernel was asked.
    if os.getppid() != parent:
        os.kill(os.getpid(), with_signal)
