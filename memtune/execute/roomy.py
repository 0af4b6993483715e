"""A cap for a look at the whole need: far above what is asked for, within this machine."""

from memtune.execute.host_memory import ceiling_bytes
from memtune.execute.request import request
from memtune.model import Settings, Workload
from memtune.units import GIB

ROOMY = 8
"""A roomy cap is this many times the cap, as far as the machine allows."""
ROOMY_LEAST_BYTES = 4 * GIB


def roomy_cap_bytes(
    workload: Workload, settings: Settings, cap_bytes: int, room_bytes: int | None = None
) -> int:
    """Return the roomy cap; the cap itself where ``room_bytes``, or else this machine,
    has no more room."""
    wanted = max(ROOMY * cap_bytes, ROOMY_LEAST_BYTES)
    asked = request(workload, settings, cap_bytes)
    room_bytes = ceiling_bytes() if room_bytes is None else room_bytes
    fits = int(cap_bytes * room_bytes / asked.memory_bytes)
    return max(cap_bytes, min(wanted, fits))
