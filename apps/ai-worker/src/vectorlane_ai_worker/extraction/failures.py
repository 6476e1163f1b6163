"""What reading a file came to when it failed, raised in the parser's process and carried to the caller as they are."""


class ExtractionFailure(Exception):  # the backend's word for it
    """`code` is one of `OUTCOMES`; `detail` is shown to users and says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def corrupt(detail: str) -> ExtractionFailure:
    return ExtractionFailure("CORRUPT_FILE", detail)


def too_large(detail: str) -> ExtractionFailure:
    return ExtractionFailure("TOO_LARGE", detail)
