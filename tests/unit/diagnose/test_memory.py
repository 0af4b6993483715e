"""The memory that logs tell: in the words of each source, thinned, as a trend."""

import pytest

from memtune.diagnose.readings import readings, seconds
from memtune.diagnose.record import MOST_SERIES
from memtune.diagnose.series import POINTS, Life, Memory
from memtune.units import KIB, MIB
from tests.unit.diagnose.logs import examined, names, of_files


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("✅ Memory Check (5min): { rss: 280, heapUsed: 95 }", ("", "rss", 280 * MIB, None)),
        ("🔴 Memory critical: 435.7MB / 512MB", ("", "rss", round(435.7 * MIB), 512 * MIB)),
        ("api-1  | Memory check: 20MB / 64MB", ("api-1", "rss", 20 * MIB, 64 * MIB)),
        ("Memory limit: 512.0MB (v2 memory.max)", ("", "limit", None, 512 * MIB)),
        (
            "heroku[web.1]: source=web.1 sample#memory_total=398.25MB",
            ("web.1", "total", round(398.25 * MIB), None),
        ),
        (
            "39c998cad475   worker-b   23.59%   38.33MiB / 44MiB   87.12%   736B / 0B",
            ("worker-b", "usage", round(38.33 * MIB), 44 * MIB),
        ),
        (
            "[1:0xb812cb0]  223 ms: Mark-Compact (reduce) 47.2 (66.7) -> 46.2 (82.7) MB, 13 / 0 ms",
            ("1:0xb812cb0", "heap after gc", round(46.2 * MIB), None),
        ),
        (
            "memory: usage 524288kB, limit 524288kB, failcnt 9",
            ("", "usage at the kill", 512 * MIB, 512 * MIB),
        ),
        (
            "Memory cgroup out of memory: Killed process 1 (a) total-vm:9kB, anon-rss:8916kB, f",
            ("", "anon at the kill", 8916 * KIB, None),
        ),
        ("Ran out of memory (used over 512MB)", ("", "limit", None, 512 * MIB)),
        ("Ran out of memory (used over 2GB)", ("", "limit", None, 2048 * MIB)),
        ('            "Memory": 536870912,', ("", "limit", None, 512 * MIB)),
    ],
)
def test_memory_is_read_in_the_words_of_each_source(
    line: str, told: tuple[str, str, int | None, int | None]
) -> None:
    (one,) = readings(line)

    assert (one.who, one.figure, one.used_bytes, one.limit_bytes) == told


@pytest.mark.parametrize("line", ['"Memory": 0,', '"MemorySwap": 9', "rss feed", "kmem: usage 9kB"])
def test_other_numbers_are_no_memory(line: str) -> None:
    assert [one for one in readings(line) if one.used_bytes or one.limit_bytes] == []


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("2025-11-23T15:21:02.5Z x", 1763911262.5),
        ("[2025-11-23 15:21:02 +0000] x", 1763911262.0),
        ("2025-11-23 15:21:02,250 x", 1763911262.25),
        ("2025-13-45 99:99:99", None),
        ("15:21:02", None),
    ],
)
def test_moments(line: str, moment: float | None) -> None:
    assert seconds(line) == moment


def test_processes_that_share_a_log_are_told_apart() -> None:
    result = of_files("compose-register-timeout")

    assert [(one.name.split()[-2:], one.count) for one in result.memory] == [
        (["facial-1", "rss"], 2),
        (["backend-1", "rss"], 1),
    ]


def test_logs_of_several_services_are_not_mixed() -> None:
    result = of_files("growth", "well")

    assert [one.count for one in result.memory] == [48, 31]
    assert names(result) == ["growth"]


def test_a_threshold_rests_only_on_lines_of_the_service_that_has_it() -> None:
    result = of_files("render-seed", "growth")

    (symptom,) = (one for one in result.symptoms if one.name == "thresholds")
    assert [(line.file.rpartition("/")[2], line.number) for line in symptom.lines] == [
        ("render-seed.log", 6),
        ("render-seed.log", 7),
    ]
    assert symptom.count == 2


def test_what_one_service_takes_for_its_limit_is_no_limit_of_another() -> None:
    result = examined(
        "api-1  | Memory check: 20MB / 64MB\nweb-1  | Memory Check: { rss: 280, heapUsed: 95 }"
    )

    assert {one.name: one.limit_bytes for one in result.memory} == {
        "a.log api-1 rss": 64 * MIB,
        "a.log web-1 rss": None,
    }


def grown(step: float, count: int = 20) -> str:
    return "".join(f"Memory check: {200 + step * n + n % 3:.1f}MB / 512MB\n" for n in range(count))


def test_growth_is_told_with_its_slope_and_the_readings_it_rests_on() -> None:
    (by_time,) = of_files("growth").symptoms
    (by_count,) = examined("Memory limit: 512.0MB (v2)\n" + grown(10)).symptoms

    assert by_time.title.endswith("grows by 37.3 MiB an hour")
    assert "48 readings of one life" in by_time.reason
    assert "5.0 h more until the limit" in by_time.reason
    assert by_count.title.endswith("grows by 10.0 MiB from one reading to the next")
    assert "20 readings of one life" in by_count.reason
    assert "12 readings more until the limit" in by_count.reason


@pytest.mark.parametrize(
    "text",
    [
        grown(0),
        grown(1),  # a tenth in all
        grown(20, 7),
        "".join(f"Memory check: {200 + 60 * (n % 2)}.0MB / 512MB\n" for n in range(20)),
        "".join(f"Memory check: {min(100 + 40 * n, 300)}.0MB / 512MB\n" for n in range(20)),
        ("Memory startup: 100.0MB / 512MB\n" + grown(30, 5)) * 4,
        "Memory check: 100.0MB / 512MB\n" + "Memory check: 300.0MB / 512MB\n" * 30,
    ],
)
def test_what_stays_flattens_or_starts_anew_is_no_leak(text: str) -> None:
    assert names(examined(text)) == []


def test_readings_near_the_limit_are_named_where_nothing_has_happened_yet() -> None:
    line = "39c998cad475   worker-b   23.59%   {}MiB / 44MiB   87.12%   736B / 0B\n"

    assert names(examined(line.format("41.10"))) == ["near_limit"]
    assert names(examined(line.format("30.10"))) == []


def test_many_readings_are_thinned_and_keep_their_peaks() -> None:
    memory = Memory()
    for n in range(10_000):
        memory.add(10**9 if n == 4321 else n)

    assert len(memory.shown()) <= 2 * POINTS
    assert max(memory.shown()) == memory.most == 10**9
    assert (memory.least, memory.count) == (0, 10_000)


def test_a_slope_keeps_its_digits_at_moments_of_today() -> None:
    life = Life()
    for n in range(1000):
        life.add(500 * MIB + n * 1000, 1.76e9 + n)

    assert life.bytes_per_hour == pytest.approx(3_600_000, rel=1e-6)
    assert life.by_count.fit == pytest.approx(1, rel=1e-6)


def test_ever_new_processes_take_no_more_memory() -> None:
    lines = [f"w{n}  | Memory check: 20MB / 64MB" for n in range(MOST_SERIES + 7)]

    result = examined("\n".join(lines))

    assert len(result.memory) == MOST_SERIES
    assert any(note.startswith("7 readings") for note in result.notes)
