"""Which part of its life the process is in; what `/ready` and the shutdown go by."""

from enum import Enum


class Phase(Enum):
    LOADING = "loading"
    READY = "ok"
    DRAINING = "shutting_down"


class Lifecycle:
    def __init__(self) -> None:
        self.phase = Phase.LOADING
        #: A request was cut off at the deadline of the shutdown: the process ends with code 1.
        self.request_cut_off = False

    @property
    def draining(self) -> bool:
        return self.phase is Phase.DRAINING

    def loaded(self) -> None:
        if self.phase is Phase.LOADING:
            self.phase = Phase.READY

    def drain(self) -> None:
        self.phase = Phase.DRAINING
