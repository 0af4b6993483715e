"""The one way a run goes, with a shim that says what a test wants."""

import time
from dataclasses import replace
from typing import Any

import pytest

from memtune.execute import executor as module
from memtune.execute.executor import StillbornError, execute
from memtune.execute.request import Request
from memtune.model import Bias, Image, ImageKind, Measurement, Outcome, Run, Settings
from tests.fakes import MIB, FakeExecutor, Play

CAP = 100 * MIB
REQUEST = Request(
    workload="demo",
    settings=Settings.of({"heap": 128}),
    image=Image(ImageKind.HOST),
    command=("demo",),
    directory="",
    env=(),
    cap_bytes=CAP,
    timeout_s=5.0,
)


def executed(play: Play, **changes: Any) -> tuple[Run, FakeExecutor]:
    executor = FakeExecutor(play)
    run = execute(executor, replace(REQUEST, **changes))
    assert executor.running == 0, "something is left of the run"
    return run, executor


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_LIMIT_S", 0.3)
    monkeypatch.setattr(module, "GRACE_S", 0.3)


def test_a_run_that_ends_by_itself_is_told_with_everything_that_was_seen() -> None:
    run, executor = executed(
        Play(stdout=b'log\n{"faces": 5}\n', stderr=b"a warning", peak=str(60 * MIB))
    )

    assert (run.outcome, run.exit_status, run.reason) == (Outcome.COMPLETED, 0, "ended by itself")
    assert run.output == (("faces", 5),)
    assert run.stdout_tail == 'log\n{"faces": 5}\n'
    assert "a warning" in run.stderr_tail
    assert (run.workload, run.executor, run.cap_bytes) == ("demo", "fake", CAP)
    assert run.settings == REQUEST.settings
    assert run.warnings == ()
    assert executor.launched[0].words == ["go"]


def test_figures_carry_value_and_source_and_what_was_not_measured_is_absent() -> None:
    run, executor = executed(Play(need_bytes=50 * MIB, peak=str(60 * MIB)))

    measured = run.measurement
    assert measured.need is not None
    assert (measured.need.value, measured.need.bias) == (50 * MIB, Bias.NONE)
    assert measured.cgroup_peak is not None
    assert measured.cgroup_peak.value == 60 * MIB
    assert "read by the shim" in measured.cgroup_peak.source
    assert measured.enforced_cap is not None
    assert measured.enforced_cap.value == CAP
    assert measured.duration is not None
    assert 0 <= measured.duration.value < 5
    assert measured.oom_kills is not None
    assert measured.oom_kills.value == 0
    assert (measured.rss_peak, measured.pss_peak) == (None, None)  # no process was seen
    assert executor.launched[0].group is not None
    assert executor.launched[0].group.closed


def test_the_nonce_is_new_for_every_run_and_never_shown() -> None:
    nonces = set()
    for _ in range(5):
        run, executor = executed(Play(stderr=b"text\n"))
        nonce = executor.launched[0].nonce
        nonces.add(nonce)
        assert nonce not in run.stderr_tail

    assert len(nonces) == 5


def test_each_run_has_an_id_of_its_own() -> None:
    assert len({executed(Play())[0].id for _ in range(20)}) == 20


def test_where_the_host_cannot_read_the_group_the_shim_still_tells_the_peak() -> None:
    run, _ = executed(Play(need_bytes=None, peak=str(60 * MIB), oom_kills="1", status=137))

    assert run.measurement.need is None
    assert run.measurement.samples is None
    assert run.measurement.cgroup_peak is not None
    assert run.measurement.cgroup_peak.source.startswith("kernel high-water mark")
    assert run.outcome is Outcome.OOM_MAIN


def test_the_larger_peak_of_host_and_shim_counts() -> None:
    smaller, _ = executed(Play(need_bytes=70 * MIB, peak=str(60 * MIB)))
    unread, _ = executed(Play(need_bytes=70 * MIB, peak="-"))

    for run in (smaller, unread):
        assert run.measurement.cgroup_peak is not None
        assert run.measurement.cgroup_peak.value == 71 * MIB


@pytest.mark.parametrize(
    ("peak", "bias"),
    [(97 * MIB, Bias.NONE), (98 * MIB, Bias.SATURATED), (100 * MIB, Bias.SATURATED)],
)
def test_a_total_peak_within_two_percent_of_the_cap_is_saturated(peak: int, bias: Bias) -> None:
    run, _ = executed(Play(peak=str(peak)))

    assert run.measurement.cgroup_peak is not None
    assert run.measurement.cgroup_peak.bias is bias


def test_after_an_oom_kill_the_need_is_a_lower_bound() -> None:
    run, _ = executed(Play(status=137, oom_kills="1", need_bytes=99 * MIB))

    assert run.outcome is Outcome.OOM_MAIN
    assert run.measurement.need is not None
    assert run.measurement.need.bias is Bias.LOWER_BOUND
    assert run.measurement.cgroup_peak is not None
    assert run.measurement.cgroup_peak.bias is Bias.SATURATED


@pytest.mark.parametrize(
    ("play", "expected_exit", "outcome"),
    [
        (Play(status=1), 0, Outcome.FAILED),
        (Play(status=3), 3, Outcome.COMPLETED),
        (Play(status=137), 0, Outcome.FAILED),
        (Play(status=0, oom_kills="1"), 0, Outcome.OOM_CHILD),
        (Play(status=1, pids_max="2"), 0, Outcome.PIDS_LIMIT),
        (Play(status=0, oom_kills="-", pids_max="-"), 0, Outcome.COMPLETED),
    ],
)
def test_what_the_shim_reports_decides_the_outcome(
    play: Play, expected_exit: int, outcome: Outcome
) -> None:
    run, _ = executed(play, expected_exit=expected_exit)

    assert run.outcome is outcome
    assert run.exit_status == play.status


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [
        (str(CAP), Outcome.COMPLETED),
        (str(CAP - 4095), Outcome.COMPLETED),  # the kernel rounds to pages
        (str(CAP - 4096), Outcome.INFRA),
        (str(2 * CAP), Outcome.INFRA),
    ],
)
def test_a_run_under_another_cap_than_asked_for_is_no_evidence(
    limit: str, outcome: Outcome
) -> None:
    run, _ = executed(Play(limit=limit))

    assert run.outcome is outcome
    assert ("not the cap" in run.reason) == (outcome is Outcome.INFRA)


@pytest.mark.parametrize("limit", ["max", "-"])
def test_a_cap_that_cannot_be_read_back_is_a_warning(limit: str) -> None:
    run, _ = executed(Play(limit=limit))

    assert run.warnings == ("the enforced cap could not be read back",)


def test_a_command_that_the_image_lacks_is_told() -> None:
    run, _ = executed(Play(missing=True))

    assert (run.outcome, run.reason) == (Outcome.INFRA, "there is no command 'demo'")
    assert run.exit_status is None


def test_a_shim_that_dies_before_it_speaks_is_told_with_its_last_words() -> None:
    run, _ = executed(Play(speaks=False, stderr=b"exec: sh: not found"))

    assert run.outcome is Outcome.INFRA
    assert "the shim did not start" in run.reason
    assert run.stderr_tail == "exec: sh: not found"
    assert run.measurement.need is None
    assert run.measurement.duration is None


def test_a_cap_too_small_to_start_in_is_evidence_without_figures() -> None:
    def killed(_: Request) -> Play:
        raise StillbornError("killed before the command began")

    run = execute(FakeExecutor(killed), REQUEST)

    assert (run.outcome, run.exit_status) == (Outcome.OOM_MAIN, None)
    assert run.reason == "killed before the command began"
    assert (run.measurement, run.stderr_tail) == (Measurement(), "")


def test_a_lease_that_is_gone_is_no_crash() -> None:
    run, _ = executed(Play(speaks=False, deaf=True, stderr=b"it died"))

    assert run.outcome is Outcome.INFRA
    assert run.stderr_tail == "it died"


@pytest.mark.usefixtures("short_waits")
def test_a_shim_that_never_speaks_is_given_up() -> None:
    begun = time.monotonic()

    run, _ = executed(Play(deaf=True))

    assert run.outcome is Outcome.INFRA
    assert "the shim did not start" in run.reason
    assert 0.3 <= time.monotonic() - begun < 3


def test_streams_that_close_in_mid_run_are_no_evidence_about_the_workload() -> None:
    begun = time.monotonic()
    run, executor = executed(Play(breaks=True, stdout=b'{"faces": 5}'))

    assert run.outcome is Outcome.INFRA
    assert "went away in mid-run" in run.reason
    assert run.exit_status is None
    assert executor.launched[0].words == ["go"]
    assert time.monotonic() - begun < 1


def test_a_shim_that_the_kernel_killed_shows_in_the_counter_of_the_host() -> None:
    run, _ = executed(Play(breaks=True, oom_kills="1"))

    assert run.outcome is Outcome.OOM_MAIN


def test_a_daemon_that_freezes_in_mid_run_is_no_time_out_of_the_workload() -> None:
    begun = time.monotonic()

    run, _ = executed(Play(ends_on=(), trouble="the daemon is frozen"), timeout_s=60.0)

    assert (run.outcome, run.reason) == (Outcome.INFRA, "the daemon is frozen")
    assert time.monotonic() - begun < 2


@pytest.mark.usefixtures("short_waits")
def test_a_daemon_that_freezes_just_before_the_deadline_is_no_time_out_either() -> None:
    run, _ = executed(Play(ends_on=(), interference="it did not answer"), timeout_s=0.2)

    assert (run.outcome, run.reason) == (Outcome.INFRA, "it did not answer")


@pytest.mark.parametrize("status", [0, 1, 143])
def test_a_run_that_somebody_else_ended_is_no_evidence_however_it_ended(status: int) -> None:
    run, _ = executed(Play(status=status, interference="docker stop"))

    assert (run.outcome, run.reason) == (Outcome.INFRA, "docker stop")


def test_a_run_during_which_memtune_itself_stood_still_is_no_evidence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a memtune that is stopped for a while, as by Ctrl-Z, when the workload goes on
    monkeypatch.setattr(module, "STANDSTILL_S", 0.3)
    executor = FakeExecutor(Play(ends_on=()))
    halts = iter([0.0, 0.0, 0.5])

    def cancelled() -> bool:
        time.sleep(next(halts, 0.0))
        return False

    run = execute(executor, REQUEST, cancelled)

    assert run.outcome is Outcome.INFRA
    assert "memtune itself stood still" in run.reason


def test_an_oom_kill_stays_one_whoever_ended_the_run_afterwards() -> None:
    run, _ = executed(Play(status=137, oom_kills="1", interference="docker stop"))

    assert run.outcome is Outcome.OOM_MAIN


def test_a_workload_that_takes_too_long_is_asked_to_end() -> None:
    run, executor = executed(Play(ends_on=("term",), status=143), timeout_s=0.2)

    assert (run.outcome, run.exit_status) == (Outcome.TIMEOUT, 143)
    assert executor.launched[0].words == ["go", "term"]
    assert run.measurement.need is not None
    assert run.measurement.duration is not None
    assert 0.2 <= run.measurement.duration.value < 1


@pytest.mark.usefixtures("short_waits")
def test_a_workload_that_ignores_term_is_killed_and_still_reported() -> None:
    run, executor = executed(Play(ends_on=("kill",), status=137, peak=str(70 * MIB)), timeout_s=0.2)

    assert (run.outcome, run.exit_status) == (Outcome.TIMEOUT, 137)
    assert executor.launched[0].words == ["go", "term", "kill"]
    assert run.measurement.cgroup_peak is not None
    assert run.measurement.cgroup_peak.value == 70 * MIB


@pytest.mark.usefixtures("short_waits")
def test_a_run_that_cannot_even_be_killed_ends_here_all_the_same() -> None:
    begun = time.monotonic()
    run, executor = executed(Play(ends_on=()), timeout_s=0.2)

    assert (run.outcome, run.exit_status) == (Outcome.TIMEOUT, None)
    assert executor.launched[0].words == ["go", "term", "kill"]
    assert time.monotonic() - begun < 3


def test_a_pool_that_waits_for_a_killed_worker_is_an_oom_and_no_timeout() -> None:
    run, _ = executed(Play(ends_on=("term",), status=143, oom_kills="1"), timeout_s=0.2)

    assert run.outcome is Outcome.OOM_CHILD
    assert "the main process hung" in run.reason


def test_a_cancelled_run_is_ended_at_once_and_says_so() -> None:
    executor = FakeExecutor(Play(ends_on=("term",), status=143))
    begun = time.monotonic()

    def stopped() -> bool:
        return bool(executor.launched[0].words) and time.monotonic() > begun + 0.2

    run = execute(executor, REQUEST, cancelled=stopped)

    assert (run.outcome, run.reason) == (Outcome.CANCELLED, "stopped by the user")
    assert executor.launched[0].words == ["go", "term"]
    assert time.monotonic() - begun < 2


def test_a_run_that_is_cancelled_before_the_shim_speaks_is_cancelled() -> None:
    executor = FakeExecutor(Play())

    run = execute(executor, REQUEST, cancelled=lambda: True)

    assert run.outcome is Outcome.CANCELLED
    assert executor.running == 0
    assert executor.launched[0].words == []


def test_warnings_of_the_executor_come_before_those_about_the_cap() -> None:
    run, _ = executed(Play(limit="max", warnings=("no swap limit",)))

    assert run.warnings == ("no swap limit", "the enforced cap could not be read back")


@pytest.mark.parametrize("size", [10, 64 * 1024, 300 * 1024])
def test_of_huge_output_the_end_is_kept(size: int) -> None:
    run, _ = executed(Play(stdout=b"x" * size + b'\n{"faces": 5}\n', stderr=b"y" * size))

    assert run.output == (("faces", 5),)
    assert len(run.stdout_tail) <= 64 * 1024
    assert len(run.stderr_tail) <= 64 * 1024
    assert run.stderr_tail.rstrip("\n").endswith("y")


def test_binary_output_is_kept_as_text() -> None:
    run, _ = executed(Play(stdout=bytes(range(256)), stderr=b"\xff\xfe\n"))

    assert "\ufffd" in run.stdout_tail
    assert run.output == ()
