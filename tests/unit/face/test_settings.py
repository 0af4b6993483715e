"""Settings come from the environment, and what is wrong with them is told in one line."""

import math

import pytest

from memtune.face.settings import (
    VARIABLES,
    EngineKind,
    SettingsError,
    WorkerKind,
    settings_from,
    usage,
)


def test_an_empty_environment_limits_nothing() -> None:
    settings = settings_from({"PATH": "/bin", "FACE_HEAP_MB": ""})

    assert (settings.heap_mb, settings.max_side_px, settings.slots) == (None, None, None)
    assert (settings.workers, settings.worker_kind) == (1, WorkerKind.THREAD)
    assert settings.engine is EngineKind.FULL


def test_every_variable_reaches_its_field() -> None:
    settings = settings_from(
        {
            "FACE_WORKERS": "4",
            "FACE_WORKER_KIND": "prefork",
            "FACE_CACHE_SIZE": "250",
            "FACE_CACHE_TTL_S": "unlimited",
            "FACE_HEAP_MB": "128",
            "FACE_MAX_SIDE_PX": "800",
            "FACE_UPSAMPLE": "0",
            "FACE_SLOTS": "2",
            "FACE_ENGINE": "lean",
            "FACE_LOGINS": "5",
        }
    )

    assert (settings.workers, settings.worker_kind) == (4, WorkerKind.PREFORK)
    assert (settings.cache_size, settings.cache_ttl_s) == (250, math.inf)
    assert (settings.heap_mb, settings.max_side_px, settings.upsample) == (128, 800, 0)
    assert (settings.slots, settings.engine, settings.logins) == (2, EngineKind.LEAN, 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACE_WORKERS", "0"),
        ("FACE_WORKERS", "9"),
        ("FACE_WORKERS", "two"),
        ("FACE_WORKER_KIND", "fork"),
        ("FACE_CACHE_SIZE", "-1"),
        ("FACE_CACHE_TTL_S", "0"),
        ("FACE_CACHE_TTL_S", "inf"),
        ("FACE_CACHE_TTL_S", "nan"),
        ("FACE_HEAP_MB", "16"),
        ("FACE_MAX_SIDE_PX", "1.5"),
        ("FACE_UPSAMPLE", "3"),
        ("FACE_SLOTS", "0"),
        ("FACE_ENGINE", "cnn"),
        ("FACE_LOGINS", "0"),
    ],
)
def test_a_bad_value_is_told_with_what_is_allowed(name: str, value: str) -> None:
    allowed = next(each.allowed for each in VARIABLES if each.name == name)

    with pytest.raises(SettingsError) as error:
        settings_from({name: value})

    assert str(error.value) == f"{name}={value!r} is not allowed: it must be {allowed}"


def test_a_misspelt_variable_is_told_with_the_nearest_one() -> None:
    with pytest.raises(
        SettingsError, match=r"FACE_WORKER_KINDS .* did you mean FACE_WORKER_KIND\?"
    ):
        settings_from({"FACE_WORKER_KINDS": "thread"})


def test_an_unknown_variable_is_told_with_all_that_are_known() -> None:
    with pytest.raises(SettingsError, match=r"FACE_ZZZ .* known are FACE_WORKERS, "):
        settings_from({"FACE_ZZZ": "1"})


@pytest.mark.parametrize(("slots", "in_force"), [("unlimited", 4), ("2", 2), ("8", 4)])
def test_more_slots_than_workers_are_no_more_than_workers(slots: str, in_force: int) -> None:
    settings = settings_from({"FACE_WORKERS": "4", "FACE_SLOTS": slots})

    assert settings.slots_in_force == in_force


def test_the_help_names_every_variable_with_its_default() -> None:
    text = usage()

    for each in VARIABLES:
        assert f"{each.name}  (default {each.default})" in text
        assert each.allowed in text
