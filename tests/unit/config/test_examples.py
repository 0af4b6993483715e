"""Every profile in examples/ is one of its workload, with values that its knobs have."""

from pathlib import Path

import pytest

from memtune.config.catalogue import load_profile, load_workload, settings_for
from memtune.model import CapFor

EXAMPLES = Path(__file__).parents[3] / "examples"
PROFILES = sorted(
    path
    for path in [*EXAMPLES.glob("*/*.yaml")]
    if path.stem in ("original", "optimized", "conservative", "one-machine")
)


def test_there_are_examples() -> None:
    assert len(PROFILES) >= 10


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_profile_of_an_example_fits_its_workload(path: Path) -> None:
    profile = load_profile(str(path))
    workload = load_workload(profile.workload)

    settings = settings_for(workload.space, profile.settings.as_dict())

    assert settings.as_dict().keys() == profile.settings.as_dict().keys()
    assert workload.space.searched.size <= 4096


def test_a_profile_may_say_that_the_cap_is_for_all() -> None:
    profile = load_profile(str(EXAMPLES / "both" / "one-machine.yaml"))

    assert profile.cap_for is CapFor.ALL
    assert load_profile(str(EXAMPLES / "both" / "conservative.yaml")).cap_for is None
