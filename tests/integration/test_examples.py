"""The examples as a newcomer executes them: both services, the list before a deployment."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

BOTH = Path(__file__).parents[2] / "examples" / "both"
Memtune = Callable[..., CompletedProcess[str]]


def listed(memtune: Memtune, profile: str) -> tuple[int, dict[str, str]]:
    """Exit code, and the rulings of the list."""
    words = ("--platform", "render:starter", "--soak", "5s", "--json")
    ended = memtune("preflight", "--profile", str(BOTH / f"{profile}.yaml"), *words)
    result = json.loads(ended.stdout)["result"]
    return ended.returncode, {one["check"]: one["ruling"] for one in result["findings"]}


def test_the_recommended_settings_hold_the_list(memtune: Memtune) -> None:
    code, rulings = listed(memtune, "conservative")

    assert set(rulings.values()) == {"pass"}
    assert {"start", "register", "login", "stranger", "health under load", "logs"} <= set(rulings)
    assert code == 0


def test_the_original_settings_fail_it_for_want_of_memory(memtune: Memtune) -> None:
    code, rulings = listed(memtune, "original")

    assert code == 1
    assert rulings["start"] == "pass"
    assert rulings["outcome"] == "fail"


def test_both_services_fit_one_small_machine(memtune: Memtune) -> None:
    profile = str(BOTH / "one-machine.yaml")

    ended = memtune("profile", "--profile", profile, "--runs", "1", "--json")

    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    run = json.loads(ended.stdout)["result"]["trial"]["runs"][0]["run"]
    assert run["cap_for"] == "all"
    assert run["measurement"]["need"]["value"] < 0.9 * 256 * 1024 * 1024
    assert dict(run["output"])["error_rate"] == 0
