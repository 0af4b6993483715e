"""A meter whose reading a test sets."""

from memtune.guard.level import Reading

LIMIT_BYTES = 100 * 1024 * 1024


class SetMeter:
    """Reads the share of the limit that the test has set; None cannot be read."""

    def __init__(self, share: float | None = 0.1) -> None:
        self.share = share
        self.readings = 0

    def read(self) -> Reading | None:
        self.readings += 1
        if self.share is None:
            return None
        return Reading(round(self.share * LIMIT_BYTES), LIMIT_BYTES, "test")

    def limit(self) -> str:
        return "100MB (test)"
