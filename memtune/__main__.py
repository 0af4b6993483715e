"""``python -m memtune`` and the ``memtune`` command."""

import os
import sys
import threading

from memtune.cli import (  # noqa: F401 - they register themselves
    baseline,
    bill,
    check,
    compare,
    diagnose,
    doctor,
    export,
    floor,
    history,
    init,
    lint,
    platforms,
    preflight,
    profile,
    recommend,
    report,
    schema,
    show,
    studies,
    validate,
    watch,
)
from memtune.cli.app import main as run
from memtune.errors import ExitCode


def main() -> None:
    """Execute the command line and exit."""
    code = run()
    if code == ExitCode.INTERRUPTED and _somebody_waits():
        # A second signal ends at once, even while a thread waits for a frozen daemon; what
        # still runs ends with its lease.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _somebody_waits() -> bool:
    others = (thread for thread in threading.enumerate() if thread is not threading.main_thread())
    return any(not thread.daemon for thread in others)


if __name__ == "__main__":
    main()
