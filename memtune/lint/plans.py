"""Memory of the plans that render.yaml can name, as https://render.com/docs/workflows-limits
has them in the copy read on 2026-11-24; ``free`` is as large as ``starter``."""

from memtune.units import GIB, MIB

RENDER_PLANS = {
    "free": 512 * MIB,
    "starter": 512 * MIB,
    "standard": 2 * GIB,
    "pro": 4 * GIB,
    "pro plus": 8 * GIB,
    "pro max": 16 * GIB,
    "pro ultra": 32 * GIB,
}
RENDER_DEFAULT = "starter"
"""What a service without ``plan`` gets."""
