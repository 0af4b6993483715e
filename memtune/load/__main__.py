"""``python -m memtune.load``: the plan from the environment, figures as the last line of stdout."""

import os
import sys
import time


def main() -> int:
    """Carry out the plan and return the exit status."""
    started = time.monotonic()
    from memtune.errors import ConfigError  # after the clock was read: services boot meanwhile
    from memtune.load.child import Children
    from memtune.load.driver import Status, drive
    from memtune.load.plan import plan_from
    from memtune.load.words import tell
    from memtune.model import PLAN_VARIABLE

    children = Children()
    children.end_on_signals()
    try:
        return drive(plan_from(os.environ.get(PLAN_VARIABLE, "")), started, children)
    except ConfigError as error:
        tell(error.message)
        if error.hint:
            tell(f"hint: {error.hint}")
        return Status.PLAN


if __name__ == "__main__":
    sys.exit(main())
