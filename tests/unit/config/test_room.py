"""How high a ceiling may be: what all caps together allow."""

from pathlib import Path

import pytest

from memtune.config.budgets import load_scenarios
from memtune.errors import ConfigError

SERVICES = """\
version: 1
name: two
kind: service
cap: 100MiB
services:
  a: { image: host, command: [a], port: 80 }
  b: { image: host, command: [b], port: 81, cap: 50MiB }
load: { calls: [{ name: a, get: a/ }], requests: 1 }
"""


def scenarios(folder: Path, workload: str, ceiling: str) -> None:
    (folder / "w.yaml").write_text(workload)
    (folder / "memtune.yaml").write_text(
        f"version: 1\nscenarios:\n  two:\n    workload: w.yaml\n    max: {ceiling}\n"
    )
    load_scenarios(folder / "memtune.yaml")


def test_services_with_caps_of_their_own_may_need_all_of_them_together(tmp_path: Path) -> None:
    scenarios(tmp_path, SERVICES, "150MiB")

    with pytest.raises(ConfigError, match="above the cap of 150 MiB"):
        scenarios(tmp_path, SERVICES, "151MiB")


def test_services_under_one_cap_may_not(tmp_path: Path) -> None:
    together = SERVICES.replace(", cap: 50MiB", "").replace("kind:", "cap_for: all\nkind:")

    scenarios(tmp_path, together, "100MiB")

    with pytest.raises(ConfigError, match="above the cap of 100 MiB"):
        scenarios(tmp_path, together, "101MiB")
