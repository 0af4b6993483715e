"""What gunicorn serves in test_gunicorn.py: /keep keeps 20 MiB, and says which process did."""

import os
from collections.abc import Iterable
from pathlib import Path

from memtune.guard import Guard, Reading
from memtune.guard.wsgi import Environ, StartResponse

MIB = 1024 * 1024
LIMIT_BYTES = 100 * MIB


class FileMeter:
    """Reads a share of the limit from the file that the test writes."""

    def read(self) -> Reading:
        share = float(Path(os.environ["GUARD_SHARE"]).read_text())
        return Reading(round(share * LIMIT_BYTES), LIMIT_BYTES, "test")

    def limit(self) -> str:
        return "100MB (test)"


guard = Guard(meter=FileMeter())
kept: list[bytes] = []


def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the process, the parent of it, and whether it is watched."""
    if environ["PATH_INFO"] == "/keep":
        kept.append(b"x" * (20 * MIB))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {os.getppid()} {guard.started}".encode()]


application = guard.wsgi(app)
