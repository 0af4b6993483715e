"""The two services that memtune was asked for: every mistake found, and none in the mended ones."""

from pathlib import Path

from memtune.lint.check import lint
from memtune.lint.table import RULES
from memtune.model.lint import Severity
from tests.unit.lint.project import found

FIXTURES = Path(__file__).parents[2] / "fixtures"

BACKEND = {
    ("node-flag-unknown", "Dockerfile", 7),
    ("workers-from-cpus", "hybridServer.js", 9),
    ("body-limit-huge", "hybridServer.js", 13),
    ("body-limit-huge", "hybridServer.js", 14),
    ("body-limit-missing", "hybridServer.js", 15),
    ("memory-check-slow", "hybridServer.js", 20),
    ("node-flag-unknown", "package.json", 6),
    ("heap-limit-is-default", "package.json", 6),
    ("heap-limit-near-cap", "package.json", 7),
    ("node-flag-value", "package.json", 8),
    ("node-flag-behind-script", "package.json", 9),
    ("threshold-near-cap", "utils/memoryOptimizer.js", 4),
    ("threshold-over-cap", "utils/memoryOptimizer.js", 5),
    ("gc-not-exposed", "utils/memoryOptimizer.js", 13),
    ("host-memory", "utils/memoryOptimizer.js", 21),
}
FACIAL = {
    ("body-limit-missing", "api.py", 11),
    ("workers-from-cpus", "api.py", 12),
    ("cache-unbounded", "api.py", 16),
    ("workers-from-cpus", "gunicorn.conf.py", 7),
    ("workers-without-preload", "gunicorn.conf.py", 7),
    ("malloc-arenas-unset", "gunicorn.conf.py", 9),
    ("memory-check-slow", "memory_optimizer.py", 12),
    ("threshold-near-cap", "memory_optimizer.py", 12),
    ("threshold-over-cap", "memory_optimizer.py", 12),
    ("threshold-over-cap", "memory_optimizer.py", 16),
    ("host-memory", "memory_optimizer.py", 28),
    ("thread-variables-unset", "requirements.txt", 5),
}
DEPLOYMENT = {
    ("no-memory-limit", "docker-compose.yml", 2),
    ("no-health-check", "render.yaml", 4),
    ("no-health-check", "render.yaml", 13),
}


def test_every_mistake_of_the_seed_is_found_and_nothing_else() -> None:
    result = lint(FIXTURES / "seed")

    expected = {(rule, f"backend-v1/{file}", line) for rule, file, line in BACKEND}
    expected |= {(rule, f"facial-service/{file}", line) for rule, file, line in FACIAL}
    assert found(result) == expected | DEPLOYMENT
    assert result.skipped == ()


def test_nothing_is_found_in_the_mended_services() -> None:
    result = lint(FIXTURES / "seed_fixed")

    assert (result.mistakes, result.skipped) == ((), ())
    assert result.files == 12


def test_caps_come_from_the_deployment_files() -> None:
    caps = {one.directory: (one.cap_bytes, one.source) for one in lint(FIXTURES / "seed").caps}

    assert caps == {
        "backend-v1": (512 * 1024**2, "render.yaml:7: plan starter"),
        "facial-service": (512 * 1024**2, "docker-compose.yml:12: mem_limit"),
    }


def test_the_seed_has_a_mistake_for_every_rule_but_one() -> None:
    rules = {rule for rule, _, _ in BACKEND | FACIAL | DEPLOYMENT}

    # The seed's cap is large enough for node's own heap limit.
    assert {rule.name for rule in RULES} - rules == {"heap-default-over-cap"}


def test_a_mistake_says_what_stands_there_why_it_is_wrong_and_what_to_write() -> None:
    result = lint(FIXTURES / "seed")

    (one,) = [m for m in result.mistakes if m.rule == "node-flag-unknown" and m.line == 6]
    assert one.severity is Severity.ERROR
    assert one.found == "node does not know --heap-size-limit=256"
    assert "status 9" in one.reason
    assert all(m.found and m.reason and m.fix for m in result.mistakes)
