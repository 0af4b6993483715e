"""What a refusal to start a container means; the rest of Docker is tested on the real one."""

import pytest

from memtune.errors import HostError
from memtune.execute.docker import RUNTIME_BYTES, _stillborn
from memtune.execute.executor import StillbornError

TOO_SMALL = [
    "starting a container: cannot start a stopped process: unknown",
    "OCI runtime start failed: cannot start a container that has stopped: unknown",
    "unable to start container process: container init was OOM-killed (memory limit too low?)",
]


def refused(message: str, cap_bytes: int) -> HostError:
    with pytest.raises(HostError) as caught, _stillborn(cap_bytes):
        raise HostError(message, hint="look")
    return caught.value


@pytest.mark.parametrize("message", TOO_SMALL)
def test_a_container_killed_at_its_start_tells_that_the_cap_is_too_small(message: str) -> None:
    assert isinstance(refused(message, RUNTIME_BYTES), StillbornError)


@pytest.mark.parametrize(
    ("message", "cap_bytes"),
    [(TOO_SMALL[0], RUNTIME_BYTES + 1), ("no space left on device", RUNTIME_BYTES)],
)
def test_any_other_refusal_is_no_evidence(message: str, cap_bytes: int) -> None:
    error = refused(message, cap_bytes)

    assert not isinstance(error, StillbornError)
    assert (error.message, error.hint) == (message, "look")
