"""A meter whose reading a test sets."""

import threading

from memtune.guard.level import Reading

LIMIT_BYTES = 100 * 1024 * 1024


class SetMeter:
    """Reads what the test has set; the need can be set to depend on what was trimmed."""

    def __init__(self, share: float | None = 0.1) -> None:
        self.share = share
        self.readings = 0
        self.pause = threading.Event()
        self.pause.set()

    def read(self) -> Reading | None:
        self.readings += 1
        assert self.pause.wait(5)
        if self.share is None:
            return None
        return Reading(round(self.share * LIMIT_BYTES), LIMIT_BYTES, "test")

    def limit(self) -> str:
        return "100MB (test)"
