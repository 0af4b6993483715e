"""Made-up plans that the report tests render."""

from dataclasses import replace

from memtune.model import Platform, Platforms, Source
from memtune.units import MIB


def platforms() -> Platforms:
    """Two providers: one of which much is known, and one of which little."""
    sizes = Source("sizes", "https://big.example/docs/sizes", "2026-01-02")
    checks = Source("health", "https://big.example/" + "docs/" * 14 + "checks", "2025-12-31")
    known = Platform(
        name="big:starter",
        title="Big",
        ram_bytes=512 * MIB,
        cpus=0.5,
        price_usd_month=7,
        boot_limit_s=900,
        health_timeout_s=5,
        unrouted_after_s=15,
        restarted_after_s=60,
        notes=("Files that are written count as memory; the size of the image does not [sic].",),
        sources=(sizes, checks),
    )
    unpriced = replace(known, name="big:pro-plus", ram_bytes=2560 * MIB, price_usd_month=None)
    small = Source("sizes", "https://small.example", "2024-06-04")
    return Platforms(
        (known, unpriced, Platform("small:only", "Small", 256 * MIB, sources=(small,)))
    )
