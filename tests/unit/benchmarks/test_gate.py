"""The benchmark of the gate: its rules by hand, its recordings, its tables."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import gate, gate_peers, gate_replay, gate_samples
from benchmarks.gate_rules import Rates, Row, rates
from benchmarks.gate_samples import Noise
from memtune.judge.growth import IN_TURN, STORED
from memtune.model import Ruling

CALM = [1e8, 1.001e8, 0.999e8] * 12


def test_memtune_passes_what_stays_and_fails_what_grew() -> None:
    same = gate_replay.in_turn(iter(CALM), 1.0)
    grown = gate_replay.in_turn(iter(CALM), 1.05)

    assert (same.ruling, same.head_runs, same.base_runs) == (Ruling.PASS, 3, 3)
    assert grown.ruling is Ruling.FAIL


def test_a_growth_beside_stored_samples_is_confirmed_with_both_arms() -> None:
    stored = np.array(CALM[:20])

    first, second = gate_replay.beside_stored(stored, iter(CALM), 1.05)

    assert (first.ruling, first.base_runs) == (Ruling.FAIL, 0)
    assert second.ruling is Ruling.FAIL
    assert second.head_runs == first.head_runs + second.base_runs


def test_stored_samples_that_were_low_by_chance_are_no_false_alarm() -> None:
    """Given a history that needed less than the same code needs now, a growth is seen beside
    it, and both commits in turn show that there is none."""
    first, second = gate_replay.beside_stored(np.array(CALM[:20]) * 0.94, iter(CALM), 1.0)

    assert first.ruling is Ruling.FAIL
    assert second.ruling is Ruling.PASS


def test_the_longest_procedure_has_enough_runs() -> None:
    assert STORED[-1].runs + 2 * IN_TURN[-1].runs <= gate_samples.NEW_MOST
    assert all(2 * rule.head_runs <= gate_samples.NEW_MOST for rule in gate_peers.IN_TURN)
    assert all(rule.base_runs <= gate_samples.STORED_MOST for rule in gate_peers.STORED)


def test_arms_in_turn_are_neighbours() -> None:
    """Given a drift within the series, neither arm gets the early half of it."""
    new = np.array([[100.0, 100.0, 200.0, 200.0, 300.0, 300.0]])
    rule = gate_peers.Rule("", 3, 3, gate_peers.medians(0.05))

    assert not gate_peers.in_turn(rule, new, 1.0)[0]
    assert gate_peers.in_turn(rule, new, 1.06)[0]


def test_fixed_rules_by_hand() -> None:
    base = np.array([[100.0, 103.0, 98.0]])
    head = np.array([[104.0, 104.0, 109.0]])

    assert not gate_peers.single(0.07)(base, head)[0]  # 104 beside 98, the latest
    assert gate_peers.single(0.06)(base, head)[0]
    assert gate_peers.minima(0.06)(base, head)[0]  # 104 beside 98
    assert not gate_peers.medians(0.05)(base, head)[0]  # 104 beside 100
    assert gate_peers.means(0.05)(base, head)[0]  # 105.67 beside 100.33


def test_bencher_by_hand() -> None:
    """History 1, 2, 3: mean 2, deviation of the population sqrt(2/3), t(0.99, 2) = 6.9646."""
    history = np.array([[1.0, 2.0, 3.0]])
    limit = 2 + 6.964557 * (2 / 3) ** 0.5

    assert gate_peers.bencher(0.99)(history, np.array([[limit + 0.001]]))[0]
    assert not gate_peers.bencher(0.99)(history, np.array([[limit - 0.001]]))[0]


def test_asv_needs_seven_runs_of_each_side() -> None:
    """The smallest p of its test is 2 / 252 for five on each side, 2 / 924 for six, and 2 / 3432
    for seven: more than 0.002, more than 0.002, less."""
    for runs, said in ((5, False), (6, False), (7, True)):
        base = np.linspace(100, 101, runs)[None]
        assert gate_peers.asv(1.05)(base, base * 1.1)[0] == said


def test_a_series_is_the_same_each_time_and_as_noisy_as_it_says() -> None:
    once, again = Noise(0.02).series(200), Noise(0.02).series(200)

    assert (once.new == again.new).all()
    assert np.log(once.new).std() == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize("recording", gate_samples.recordings(), ids=lambda one: one.name)
def test_recordings_have_what_the_issue_asks_for(recording: gate_samples.Recording) -> None:
    assert len(recording.need_bytes) >= 200
    assert recording.command.startswith("memtune profile")
    series = recording.series(3)
    assert set(series.stored.ravel()) | set(series.new.ravel()) <= set(recording.need_bytes)


def test_new_runs_of_a_recording_are_none_of_the_stored_ones() -> None:
    recording = gate_samples.Recording("x", "x", "", "", 1, {}, tuple(range(1, 211)))

    series = recording.series(50)

    for stored, new in zip(series.stored, series.new, strict=True):
        assert not set(stored) & set(new)
        assert (np.diff(new[: gate_samples.BLOCK]) == 1).all()


def test_a_recording_is_written_as_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_samples, "DATA", tmp_path)
    recording = gate_samples.kept("face", result([100, 200]), jobs=2)

    path = gate_samples.save(recording)

    assert gate_samples.load("face") == recording
    assert json.loads(path.read_text())["need_bytes"] == [100, 200]
    assert recording.command == "memtune profile -p conservative --runs 2 --jobs 2"
    assert recording.environment["kernel"] == "6.1"
    assert "host-7" not in path.read_text()


def test_a_run_that_failed_or_was_not_measured_is_no_recording() -> None:
    for bad in (result([100, None]), result([100, 5], outcome="failed")):
        with pytest.raises(SystemExit, match="not every run"):
            gate_samples.kept("face", bad)


def result(needs: list[int | None], outcome: str = "completed") -> gate_samples.Shown:
    runs = [
        {
            "run": {
                "outcome": outcome,
                "started_at": "2026-11-24T11:46:40+00:00",
                "measurement": {"need": None if need is None else {"value": float(need)}},
            }
        }
        for need in needs
    ]
    environment = {"kernel": "6.1-host-7"}
    return {"result": {"cap_bytes": 1, "environment": environment, "trial": {"runs": runs}}}


def test_a_rule_keeps_the_goal_only_where_it_keeps_both_halves() -> None:
    sources = [Noise(0.01), Noise(0.05)]

    def row(alarms: float, caught: float) -> Row:
        cells = {("1%", 0.0): (0.0, 1), ("1%", 0.05): (caught, 1)}
        cells |= {("5%", 0.0): (alarms, 1), ("5%", 0.05): (0.3, 1)}
        return Row(
            "", "", {key: Rates(share, 0, runs, runs) for key, (share, runs) in cells.items()}
        )

    assert row(0.01, 0.95).reaches(sources)
    assert not row(0.02, 0.95).reaches(sources)
    assert not row(0.01, 0.94).reaches(sources)


def test_rates_count_rulings_and_runs() -> None:
    checked = [
        gate_replay.Checked(Ruling.FAIL, 3, 3),
        gate_replay.Checked(Ruling.INCONCLUSIVE, 5, 5),
        gate_replay.Checked(Ruling.PASS, 4, 4),
        gate_replay.Checked(Ruling.PASS, 4, 4),
    ]

    assert rates(checked) == Rates(0.25, 0.25, 4, 8)


def test_the_tables_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    gate.rules(10)

    lines = capsys.readouterr().out.splitlines()
    widths = {line.count("|") for line in lines if line.startswith("| memtune")}
    assert len(widths) == 1
    assert any(line.startswith("Goal, in turn: ") for line in lines)
