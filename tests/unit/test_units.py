"""Numbers that people write and read."""

import random

import pytest

from memtune.errors import ExitCode, UsageError
from memtune.units import (
    GIB,
    KIB,
    MIB,
    format_bytes,
    format_clock,
    format_duration,
    format_share,
    parse_bytes,
    parse_duration,
    parse_rate,
    parse_share,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512MiB", 512 * MIB),
        ("512 MiB", 512 * MIB),
        ("  512mib ", 512 * MIB),
        ("0.5 GiB", 512 * MIB),
        ("1KiB", KIB),
        ("1B", 1),
        ("128MB", 128_000_000),
        ("2gb", 2_000_000_000),
        ("1kB", 1000),
        # Docker's letters are binary.
        ("512m", 512 * MIB),
        ("1g", GIB),
        ("64K", 64 * KIB),
        ("4096GiB", 4096 * GIB),
        ("007MiB", 7 * MIB),
    ],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("512", "the unit is missing"),
        ("512 MiBs", "unknown unit 'MiBs'"),
        ("512%", "unknown unit '%'"),
        ("0B", "not a usable size"),
        ("0.4B", "not a usable size"),
        ("4097GiB", "not a usable size"),
        ("9" * 400 + "GiB", "not a usable size"),
        ("-5MiB", "is not a size"),
        ("+5MiB", "is not a size"),
        ("1e3MiB", "is not a size"),
        ("1,5GiB", "is not a size"),
        ("1_000MiB", "is not a size"),
        ("0x10MiB", "is not a size"),
        ("\u0665\u0661\u0662MiB", "is not a size"),
        ("\uff15\uff11\uff12MiB", "is not a size"),
        ("512µB", "is not a size"),
        (".5GiB", "is not a size"),
        ("5.GiB", "is not a size"),
        ("MiB", "is not a size"),
        ("", "is not a size"),
        ("512MiB\n512MiB", "is not a size"),
        ("infMiB", "is not a size"),
        ("nan", "is not a size"),
    ],
)
def test_what_is_no_size_is_refused_with_a_hint(text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_bytes(text)

    assert complaint in caught.value.message
    assert repr(text) in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.99, "0:00"), (7, "0:07"), (725.4, "12:05"), (3600, "1:00:00")]
)
def test_a_clock_runs(seconds: float, text: str) -> None:
    assert format_clock(seconds) == text


@pytest.mark.parametrize("digits", ["512", "1234567", "0.5"])
def test_the_hint_for_a_missing_unit_can_be_typed(digits: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_bytes(digits)

    suggested = caught.value.hint.removeprefix("write ").split(",")[0]
    assert suggested == f"{digits}MiB"
    assert parse_bytes(suggested) > 0


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (MIB - 1, "1.0 MiB"),
        (512 * MIB, "512 MiB"),
        (87.34 * MIB, "87.3 MiB"),
        (GIB - 1, "1.0 GiB"),
        (GIB - MIB, "1023 MiB"),
        (1.25 * GIB, "1.2 GiB"),
        (5000 * GIB, "5000 GiB"),
        (-3 * MIB, "-3 MiB"),
        (-0.25 * GIB, "-256 MiB"),
    ],
)
def test_sizes_are_printed(size: float, text: str) -> None:
    assert format_bytes(size) == text


@pytest.mark.parametrize("unit", [1, KIB, MIB, GIB])
@pytest.mark.parametrize("number", [1, 2, 7, 100, 512, 1023])
def test_whole_sizes_come_back_exactly(number: int, unit: int) -> None:
    assert parse_bytes(format_bytes(number * unit)) == number * unit


def test_any_size_comes_back_within_what_one_decimal_can_tell() -> None:
    chance = random.Random(1)
    for _ in range(500):
        size = round(2 ** chance.uniform(0, 41.9))

        again = parse_bytes(format_bytes(size))

        assert again == pytest.approx(size, rel=0.05), size
        assert format_bytes(size).split()[0] not in ("1024", "1024.0"), size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("250ms", 0.25),
        ("1.5m", 90),
        ("1.5 min", 90),
        ("2h", 7200),
        ("2H", 7200),
        ("1000h", 3_600_000),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "0s",
        "0.0h",
        "90",
        "-5s",
        "5 days",
        "1001h",
        "9" * 400 + "s",
        "9" * 400,
        "\u0665s",
        "",
        "1:30",
    ],
)
def test_what_is_no_duration_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration(text)

    assert "is not a duration" in caught.value.message
    assert "90s" in caught.value.hint


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.25, "250 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (4.24, "4.2 s"),
        (59.9, "59.9 s"),
        (59.96, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.6, "1 h 00 min"),
        (7260, "2 h 01 min"),
    ],
)
def test_durations_are_printed(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize("text", ["250 ms", "4.2 s", "59.9 s"])
def test_printed_durations_are_read_again(text: str) -> None:
    assert format_duration(parse_duration(text)) == text


@pytest.mark.parametrize(
    ("text", "share"), [("20%", 0.2), ("20 %", 0.2), ("0.2", 0.2), ("0", 0), ("99.9%", 0.999)]
)
def test_shares_are_read(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize(
    "text", ["100%", "1", "20", "-1%", "20%%", "20 percent", "", "9" * 400, "²%", "1e-1"]
)
def test_what_is_no_share_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_share(text)

    assert "is not a share" in caught.value.message
    assert "20%" in caught.value.hint


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.2, "20 %"), (0.125, "12.5 %"), (-0.0001, "0 %"), (-0.05, "-5 %"), (1, "100 %")],
)
def test_shares_are_printed(share: float, text: str) -> None:
    assert format_share(share) == text


@pytest.mark.parametrize(
    ("text", "per_s"), [("5", 5), ("0.5/s", 0.5), ("300 / min", 5), ("36/h", 0.01)]
)
def test_rates_are_read_per_second(text: str, per_s: float) -> None:
    assert parse_rate(text) == pytest.approx(per_s)


@pytest.mark.parametrize("text", ["", "0", "5/day", "5 per s", "-1", "/s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_rate(text)
