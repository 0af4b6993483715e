"""The benchmark of the real gate: its workload and its table; no Docker."""

import re
from pathlib import Path

import pytest

from benchmarks import gate_real
from benchmarks.gate_real import CHUNK_BYTES, GROWN, WAYS, Ended
from memtune.config.budgets import load_scenarios


def chunks(text: str) -> int:
    found = re.search(r"round\((\d+) ", text)
    assert found is not None
    return int(found[1])


def test_the_workload_grows_by_five_percent_of_its_whole_need() -> None:
    grown = chunks(gate_real.job(1, GROWN)) - chunks(gate_real.job(1, 1.0))

    assert grown * CHUNK_BYTES == pytest.approx(0.05 * gate_real.NEED_BYTES, rel=0.01)


def test_a_changed_comment_changes_the_file_and_nothing_else() -> None:
    first, second = gate_real.job(1, 1.0), gate_real.job(2, 1.0)

    differing = [
        line
        for line, other in zip(first.splitlines(), second.splitlines(), strict=True)
        if line != other
    ]
    assert differing == ["# check 1"]


def test_the_program_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(gate_real.job(1, 0.06), "job.py", "exec"), {})

    assert capsys.readouterr().out.startswith('{"chunks": ')


def test_the_budget_file_is_one(tmp_path: Path) -> None:
    git = gate_real.repository(tmp_path / "here", WAYS[0])

    (scenario,) = load_scenarios(tmp_path / "here" / "memtune.yaml").values()

    assert scenario.budget.growth is not None
    assert git("status", "--porcelain") == ""


def test_the_goal_counts_both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    def played(rulings: dict[float, str]) -> tuple[str, bool]:
        ended = {
            factor: Ended(ruling, "", 3, factor - 1, 6.0, (100, 101, 102))
            for factor, ruling in rulings.items()
        }
        monkeypatch.setattr(gate_real, "checks", lambda _, count: list(ended.items()) * count)
        return gate_real.report(2)

    table, kept = played({1.0: "pass", GROWN: "fail"})

    assert kept
    assert "| a comment | 2 | 2 | 0 | 0 | 3.0 (3) | +0.0% (+0.0% to +0.0%) | 6.0 (6.0) |" in table
    assert "| +5% | 2 | 0 | 2 | 0 |" in table
    assert not played({1.0: "fail", GROWN: "fail"})[1]
    assert not played({1.0: "pass", GROWN: "pass"})[1]
