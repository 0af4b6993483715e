"""``python -m memtune.face``: settings from the environment, one JSON object as the last line.

Not for the pipeline's work. Everything heavy is imported after the limit is
set, so that it too is under it.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

from memtune.face.limits import is_out_of_memory, limit_data
from memtune.face.settings import Settings, SettingsError, settings_from, usage

if TYPE_CHECKING:
    from memtune.face.summary import Ended

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3


def main(arguments: list[str]) -> int:
    """Execute the pipeline and return the exit code."""
    if arguments in (["--help"], ["-h"]):
        print(usage())
        return EXIT_OK
    if arguments:
        _tell(f"no such argument: {arguments[0]}; settings are environment variables: see --help")
        return EXIT_USAGE
    try:
        settings = settings_from(os.environ)
    except SettingsError as error:
        _tell(str(error))
        return EXIT_USAGE
    limit_data(settings.heap_mb)
    return _execute(settings)


def _execute(settings: Settings) -> int:
    try:
        from memtune.face.engines import MissingLibraryError
        from memtune.face.pipeline import execute
        from memtune.face.workers import WorkerLostError

        try:
            ended = execute(settings)
        except MissingLibraryError as error:
            _tell(str(error))
            return EXIT_ENVIRONMENT
        except WorkerLostError as error:
            return _report_nothing_served(settings, f"WorkerLostError: {error}")
        return _report(ended)
    except (MemoryError, RuntimeError, ImportError, OSError, SystemError) as error:
        if not is_out_of_memory(error):
            raise
        why = f" ({error})" if str(error) else ""
    # Outside the handler, where the traceback no longer holds what filled the heap.
    return _report_nothing_served(settings, f"MemoryError: while starting{why}")


def _report(ended: Ended) -> int:
    from memtune.face.summary import summarise

    limit = _limit(ended.settings)
    for error, times in Counter(each.error for each in ended.served if each.error).items():
        over = limit if error.startswith("MemoryError") else ""
        _tell(f"{error}{over} ({times} of {len(ended.served)} operations)")
    print(json.dumps(summarise(ended)), flush=True)
    return EXIT_OK if ended.ok else EXIT_FAILED


def _report_nothing_served(settings: Settings, error: str) -> int:
    _tell(error + (_limit(settings) if error.startswith("MemoryError") else ""))
    print(json.dumps({"operations": 0, "error": error}), flush=True)
    return EXIT_FAILED


def _limit(settings: Settings) -> str:
    return "" if settings.heap_mb is None else f", over heap_mb={settings.heap_mb}"


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
