import re

import pytest
from conftest import HERE, MakeSettings
from facial_service.settings import VARIABLES, SettingsError


def test_defaults_are_the_frugal_end(settings: MakeSettings) -> None:
    made = settings()

    assert (made.workers, made.slots, made.engine, made.max_side_px) == (1, 1, "lean", 800)
    assert made.rate_limits == ""


def test_unlimited_is_no_limit(settings: MakeSettings) -> None:
    made = settings(SLOTS="unlimited", QUEUE_LIMIT="unlimited", MAX_SIDE_PX="unlimited")

    assert (made.slots, made.queue_limit, made.max_side_px) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_CONCURRENCY", "0"),
        ("THREADS", "1"),  # none would be left for /health
        ("SLOTS", "two"),
        ("ENGINE", "cnn"),
        ("MAX_BODY_MB", "0"),
        ("CACHE_TTL_S", "inf"),
        ("CACHE_TTL_S", "nan"),
        ("PRELOAD", "yes"),
    ],
)
def test_what_is_not_allowed_is_named(settings: MakeSettings, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}='{value}' is not allowed: it must be "):
        settings(**{name: value})


def test_readme_lists_every_variable_with_its_default() -> None:
    table = dict(
        re.findall(r"^\| `(\w+)` \| `?([^`|]*?)`? \|", (HERE / "README.md").read_text(), re.M)
    )

    for variable in VARIABLES:
        assert table[variable.name] == (variable.default or "none"), variable.name
