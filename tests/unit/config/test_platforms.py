"""The catalogue of providers' plans: what it tells, and what is refused with which words."""

from pathlib import Path

import pytest

from memtune.config.document import read
from memtune.config.platforms import PlatformsFile, load_platform, platform_names, platforms
from memtune.config.validate import validated
from memtune.errors import ConfigError, ExitCode, UsageError
from memtune.judge.infeasible import plans_that_hold
from memtune.model import Source
from memtune.units import GIB, MIB

CATALOGUE = """\
version: 1
providers:
  big:
    title: Big
    sizes: {source: "https://big.example", as_of: "2026-01-02", plans: {starter: {ram: 512MiB}}}
    prices:
      - {source: "https://big.example/prices", as_of: "2026-01-02", usd_month: {starter: 7}}
"""


def test_a_plan_says_what_its_provider_documents() -> None:
    starter = load_platform("render:starter")

    assert (starter.title, starter.ram_bytes, starter.cpus) == ("Render", 512 * MIB, 0.5)
    assert starter.health_timeout_s == 5
    assert (starter.unrouted_after_s, starter.restarted_after_s) == (15, 60)
    assert starter.boot_limit_s == 15 * 60


def test_what_no_source_tells_is_absent() -> None:
    eco = load_platform("heroku:eco")

    assert (eco.cpus, eco.price_usd_month, eco.health_timeout_s) == (None, None, None)
    assert not any(source.about == "price" for source in eco.sources)


def test_sizes_are_those_of_the_documents() -> None:
    assert load_platform("heroku:performance-m").ram_bytes == 2560 * MIB
    assert load_platform("fly:shared-cpu-1x-256mb").ram_bytes == 256 * MIB
    assert load_platform("cloud-run:default").ram_bytes == 512 * MIB
    assert load_platform("lambda:most").ram_bytes == 10 * GIB


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("lambda", "lambda:640mb"),
        ("cloud-run", "cloud-run:768Mi"),
        ("kubernetes", "kubernetes:768Mi"),
    ],
)
def test_where_any_size_can_be_had_the_smallest_that_holds_a_cap_is_near_it(
    provider: str, name: str
) -> None:
    held = plans_that_hold(platforms(), 600 * MIB, provider)

    assert name in [one.plan.name for one in held]
    assert load_platform(name).price_usd_month is None


def test_a_mistyped_size_is_guessed() -> None:
    with pytest.raises(UsageError) as caught:
        load_platform("kubernetes:512mi")

    assert caught.value.hint == "did you mean 'kubernetes:512Mi'?"


def test_every_fact_has_its_source() -> None:
    for platform in platforms():
        about = [source.about for source in platform.sources]
        assert "sizes" in about
        assert ("price" in about) == (platform.price_usd_month is not None)
        assert ("health" in about) == (platform.boot_limit_s is not None)
        assert about.count("note") == len(platform.notes)


def test_names_are_unique() -> None:
    assert len(set(platform_names())) == len(platform_names()) > 20


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("render:startr", "did you mean 'render:starter'?"),
        ("starter", "known: render:starter"),
        (
            "render",
            "known: render:starter, render:standard, render:pro, "
            "render:pro-plus, render:pro-max, render:pro-ultra",
        ),
        ("mainframe", "`memtune platforms` lists them"),
    ],
)
def test_an_unknown_name_is_answered_with_what_may_be_meant(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"there is no platform '{name}'") as caught:
        load_platform(name)

    assert caught.value.hint == hint
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_catalogue_is_read_with_its_sources(tmp_path: Path) -> None:
    file = loaded(tmp_path, CATALOGUE)

    big = file.providers["big"]
    assert big.sizes.plans["starter"].ram == 512 * MIB
    assert big.prices[0].seen("price") == Source(
        "price", "https://big.example/prices", "2026-01-02"
    )


@pytest.mark.parametrize(
    ("text", "becomes", "message"),
    [
        (', as_of: "2026-01-02", plans', ", plans", "as_of"),
        ('as_of: "2026-01-02", plans', 'as_of: "last year", plans', "as_of"),
        ("{starter: 7}", "{startr: 7}", "there is a price but no plan 'startr'"),
        ("ram: 512MiB", "ram: 512", "unit is missing"),
        ("title: Big", "title: Big\n    color: red", "color"),
    ],
)
def test_a_wrong_catalogue_is_refused(
    tmp_path: Path, text: str, becomes: str, message: str
) -> None:
    assert text in CATALOGUE

    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, CATALOGUE.replace(text, becomes))

    assert message in f"{caught.value.where} {caught.value.message}"


def loaded(folder: Path, text: str) -> PlatformsFile:
    path = folder / "platforms.yaml"
    path.write_text(text)
    return validated(read(path), PlatformsFile)
