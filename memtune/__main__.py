"""``python -m memtune`` and the ``memtune`` command."""

import sys

from memtune.cli import doctor, floor, profile, recommend  # noqa: F401 - they register themselves
from memtune.cli.app import main as run


def main() -> None:
    """Execute the command line and exit."""
    sys.exit(run())


if __name__ == "__main__":
    main()
