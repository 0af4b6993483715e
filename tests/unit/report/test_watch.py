"""``memtune watch`` as lines, for logs, and as a stream of JSON; its tables are in
test_console.py."""

import io
import json
import re
from dataclasses import replace

import pytest

from memtune.model.watch import Close, Look
from memtune.report.console.common import literal
from memtune.report.console.watch import BELOW, Lines, Screen
from memtune.report.json import line
from tests.unit.report import samples_watch
from tests.unit.report.samples_watch import PLAN

SEQUENCE = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
"""What moves the cursor or erases."""


def told(*looks: Look, quiet: bool = False) -> list[str]:
    lines = Lines(PLAN, quiet=quiet)
    return [text.plain for look in looks for text in lines.of(look)]


def test_a_log_begins_with_what_is_watched_and_has_a_line_for_each_look() -> None:
    going = replace(samples_watch.growing(), notes=())

    assert told(going, going) == [
        "web, a look every 1.0 s; warns at 80 %, 90 % of the cap",
        "since 2026-01-02T03:04:05Z; need: usage - file pages, cgroup v1; "
        "cap: memory.limit_in_bytes (cgroup v1)",
        *2
        * [
            "03:04:05Z  web  need 116.2 MiB, cap 128 MiB, headroom ! 9.2 %, +54 MiB/min, "
            "reaches the cap: in 13.1 s; anon 113.2 MiB, shmem 2 MiB, kernel 1 MiB, cache 7 MiB"
        ],
    ]


def test_a_log_ends_with_why_and_with_what_was() -> None:
    assert told(samples_watch.killed(), quiet=True) == [
        "03:04:05Z  web  OOM kill: the kernel killed a process of it for memory",
        "03:04:05Z  web  OOM-killed, exit status 137",
        "03:04:05Z  the watch is over after 1 min 58 s: what was watched has ended",
        "web: peak 128 MiB, 1 OOM kill, 0 restarts",
    ]


def test_a_quiet_log_tells_only_what_happens() -> None:
    happening = samples_watch.growing()
    going = replace(happening, notes=())

    [warning] = told(going, happening, going, quiet=True)

    assert warning.startswith("03:04:05Z  web  warning: need is 116.2 MiB")


def test_each_target_has_a_line_and_those_that_have_ended_have_none() -> None:
    lines = told(replace(samples_watch.project(), notes=()))[2:]

    names = [text.split()[1] for text in lines]
    assert names == [
        "shop-face-recognition-worker-1",
        "shop-cache-1",
        "shop-db-1",
        r"shop-web\x1b[31m-1",
        "all",
    ]
    assert "no cap; anon 6 MiB" not in lines[0]
    assert "need 9 MiB, no cap, no growth" in lines[1]
    assert lines[2].endswith("  restarting")
    assert lines[3].endswith("  not to be read now")
    assert not any("\x1b" in text for text in lines)


def test_each_look_is_one_line_of_json_with_the_schema() -> None:
    text = line("watch", samples_watch.project())

    assert text.endswith("}\n")
    assert text.count("\n") == 1
    document = json.loads(text)
    assert (document["command"], document["schema"]) == ("watch", 1)
    first = document["result"]["rows"][0]
    assert first["memory"]["need_bytes"] == round(1013.9 * (1 << 20))
    assert first["to_cap_s"] == [33_000.0, 21_000.0, 77_000.0]
    assert document["result"]["notes"][0]["kind"] == "ended"


def test_the_tables_are_redrawn_in_place_and_what_happened_stays_above() -> None:
    output = io.StringIO()
    console = literal(file=output, width=80, height=24, force_terminal=True, color_system=None)
    screen = Screen(console, PLAN)

    screen.show(replace(samples_watch.growing(), notes=()))
    screen.show(samples_watch.growing())
    screen.show(samples_watch.killed())

    shown = output.getvalue()
    assert shown.count("\x1b[1A") > 8  # the cursor goes up again
    assert shown.count("warning: need is 116.2 MiB") == 1
    assert shown.index("OOM-killed, exit status 137") < shown.rindex("target")
    assert "the watch is over after 1 min 58 s: what was watched has ended" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # it has its cursor back


@pytest.mark.parametrize("count", [10, 25])
def test_a_project_of_many_services_fits_the_terminal(count: int) -> None:
    project = samples_watch.many(count)
    output = io.StringIO()
    console = literal(file=output, width=80, height=24, force_terminal=True, color_system=None)
    screen = Screen(console, PLAN)

    screen.show(project)
    lines = SEQUENCE.sub("", output.getvalue()).splitlines()
    screen.close()

    assert len(lines) <= 24 - BELOW
    names = [line.split()[0] for line in lines if line.startswith(("shop-", "all"))]
    shown = names[: len(names) // 2]
    assert names == shown * 2
    services = shown[:-1]
    assert shown[-1] == "all"
    assert len(services) >= 5
    fullest = sorted(project.rows, key=lambda row: row.headroom or 0)[: len(services)]
    assert services == [row.name for row in project.rows if row in fullest]
    assert f"and {count - len(services)} more; `all` counts them too" in lines
    assert lines[-1].startswith("need: usage - file pages, cgroup v1; cap: ")


def test_those_without_a_cap_and_those_that_have_ended_are_left_out_first() -> None:
    project = samples_watch.project()
    output = io.StringIO()
    console = literal(file=output, width=80, height=20, force_terminal=True, color_system=None)
    screen = Screen(console, PLAN)

    screen.show(replace(project, notes=()))
    screen.close()

    assert "shop-db-1" in output.getvalue()
    assert "shop-migrate-1" not in output.getvalue()


def test_a_screen_that_nothing_was_shown_on_stays_empty() -> None:
    output = io.StringIO()

    Screen(literal(file=output, force_terminal=True), PLAN).close()

    assert output.getvalue() == ""


def test_every_reason_to_end_is_said() -> None:
    said = {told(samples_watch.growing(close=close))[-2].rpartition(": ")[2] for close in Close}

    assert said == {"what was watched has ended", "time is up", "interrupted"}
