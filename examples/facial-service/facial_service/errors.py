"""What a request may be refused with: a status and one sentence for the client."""

from __future__ import annotations


class RefusedError(Exception):
    """The request is answered with `status` and the sentence; it changed nothing."""

    def __init__(self, status: int, sentence: str, retry_after_s: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after_s = retry_after_s
        """After how many seconds it may be sent again; None where that would not help."""
