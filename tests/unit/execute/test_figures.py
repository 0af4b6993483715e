"""Whether the limits that the shim reads back are those of the cap."""

import pytest

from memtune.execute.figures import untrue_cap
from memtune.execute.shim import Transcript
from memtune.units import MIB

CAP = 64 * MIB


def transcript(limit: int | str, swap: int | str) -> Transcript:
    return Transcript(reports={"ready": {"limit": str(limit), "swap": str(swap)}})


@pytest.mark.parametrize(
    "swap",
    [
        CAP,  # v1: memory and swap together
        0,  # v2: swap alone
        "-",  # no swap accounting
    ],
)
def test_swap_capped_with_the_memory_holds(swap: int | str) -> None:
    assert untrue_cap(transcript(CAP, swap), CAP) == ""


@pytest.mark.parametrize("swap", [2 * CAP, "max", MIB])
def test_swap_beyond_the_cap_does_not(swap: int | str) -> None:
    assert "allows swap beyond the cap" in untrue_cap(transcript(CAP, swap), CAP)


def test_another_limit_is_named_with_the_cap() -> None:
    assert untrue_cap(transcript(CAP // 2, CAP // 2), CAP) == (
        "the kernel enforces 32 MiB, not the cap 64 MiB"
    )
