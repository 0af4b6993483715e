"""One realistic log for each symptom, and one in which all is well but much looks otherwise.

gunicorn-kill-and-timeout, node-heap-limit and kernel were written by a real gunicorn under a cap
of 100 MiB, a real node and a real kernel; the others follow what platforms document.
"""

import pytest

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.cli.app import main as run
from memtune.model.diagnosis import Certainty
from memtune.units import MIB
from tests.unit.diagnose.logs import FIXTURES, examined, names, of_files

TOLD, LIKELY, UNTOLD = Certainty.TOLD, Certainty.LIKELY, Certainty.UNTOLD


@pytest.mark.parametrize(
    ("log", "symptoms"),
    [
        ("bad-option", [("bad_option", TOLD, [4])]),
        ("boot-502", [("bad_gateway_at_boot", LIKELY, [3, 4])]),
        ("compose-register-timeout", [("timed_out_registering", LIKELY, [6])]),
        ("docker-oom", [("memory_kill", TOLD, [1, 2])]),
        ("docker-stopped", [("killed", UNTOLD, [6, 4])]),
        ("growth", [("growth", LIKELY, [3, 4, 5])]),
        ("gunicorn-kill-and-timeout", [("killed", LIKELY, [8]), ("worker_timeout", TOLD, [11])]),
        ("heroku", [("over_quota", TOLD, [7]), ("timed_out_registering", LIKELY, [8])]),
        ("heroku-r15", [("memory_kill", TOLD, [2, 4])]),
        ("kernel", [("memory_kill", TOLD, [64, 65])]),
        ("no-answer", [("refused", LIKELY, [2, 4])]),
        ("no-port", [("no_port", TOLD, [3, 4])]),
        ("node-heap-limit", [("heap_limit", TOLD, [23, 37])]),
        ("python-memory-error", [("python_memory", TOLD, [5])]),
        ("render-seed", [("memory_kill", TOLD, [14]), ("thresholds", TOLD, [6, 7])]),
        ("unhealthy", [("unhealthy", LIKELY, [2])]),
        ("well", []),
    ],
)
def test_each_log_tells_its_symptoms_and_the_lines_they_rest_on(
    log: str, symptoms: list[tuple[str, Certainty, list[int]]]
) -> None:
    result = of_files(log)

    assert [(s.name, s.certainty, [line.number for line in s.lines]) for s in result.symptoms] == (
        symptoms
    )
    text = (FIXTURES / f"{log}.log").read_text().split("\n")
    for line in (line for symptom in result.symptoms for line in symptom.lines):
        assert text[line.number - 1].startswith(line.text[:300])


def test_every_fixture_is_examined() -> None:
    assert len(list(FIXTURES.glob("*.log"))) == 17


def test_what_follows_from_a_kill_is_not_named_beside_it() -> None:
    assert names(of_files("docker-oom", "no-answer", "unhealthy")) == ["memory_kill"]


def test_a_kill_that_is_told_explains_the_workers_that_gunicorn_wonders_about() -> None:
    result = of_files("kernel", "gunicorn-kill-and-timeout")

    assert names(result) == ["memory_kill", "worker_timeout"]


@pytest.mark.parametrize(
    ("line", "name", "certainty"),
    [
        ("api-1 exited with code 137", "killed", UNTOLD),
        ("Exited (137) 3 minutes ago", "killed", UNTOLD),
        ("==> Exited with status 137", "killed", UNTOLD),
        ("container die 772ab (exitCode=137, image=a)", "killed", UNTOLD),
        (r'{"log":"\"ExitCode\": 137\n","stream":"stdout"}', "killed", UNTOLD),
        ("npm ERR! errno 134", "aborted", UNTOLD),
        ("backend exited with code 139", "aborted", UNTOLD),
        ('"OOMKilled": true,', "memory_kill", TOLD),
        ("Reason: OOMKilled", "memory_kill", TOLD),
        ("Out of memory: Killed process 9 (python) total-vm:9kB", "host_kill", TOLD),
        ("terminate called after throwing an instance of 'std::bad_alloc'", "python_memory", TOLD),
        ("OSError: [Errno 12] Cannot allocate memory", "python_memory", TOLD),
        ("node: --max-heap-size=9 is not allowed in NODE_OPTIONS", "bad_option", TOLD),
        ("Error: socket hang up", "refused", LIKELY),
        ('"GET / HTTP/1.1" 502 9', "bad_gateway", UNTOLD),
        ("upstream timed out (110: Connection timed out)", "request_timeout", UNTOLD),
        ("heroku[web.1]: State changed from up to crashed", "ended", UNTOLD),
        ("Container a (unhealthy)", "unhealthy", LIKELY),
    ],
)
def test_what_one_line_tells(line: str, name: str, certainty: Certainty) -> None:
    (symptom,) = examined(line).symptoms

    assert (symptom.name, symptom.certainty, symptom.count) == (name, certainty, 1)
    assert symptom.lines[0].text == line


@pytest.mark.parametrize(
    "line",
    [
        "[22688.499660] R13: 0000000000000023 R14: ffffffffffffffb8 R15: 00007f457aff1cc0",
        'GET /register HTTP/1.1" 200 137',
        "the answer took 137 ms, exit 1370, code 1134",
        '"OOMKilled": false, "ExitCode": 0',
        "job exited with code 0",
        "except MemoryError:",
        "request timeout is 30 s, keepalive timeout 5 s",
        "warning: 3 files of 12 MB are large",
        "Memory warning: 380.0MB / 512MB",
        "[INFO] Worker (pid:14116) was sent SIGTERM!",
        "health check passed",
    ],
)
def test_what_only_looks_like_a_symptom(line: str) -> None:
    assert examined(line).symptoms == ()


def test_137_near_the_limit_is_likely_the_kernel() -> None:
    result = examined("Memory limit: 512.0MB (v2)\nMemory check: 508.0MB / 512MB\nexit status 137")

    (symptom,) = result.symptoms
    assert (symptom.name, symptom.certainty) == ("killed", LIKELY)
    assert "508 MiB of 512 MiB" in symptom.reason


def test_gunicorns_own_kill_of_a_worker_that_timed_out_is_no_sign_of_memory() -> None:
    late = "[CRITICAL] WORKER TIMEOUT (pid:8)\n"
    kill = "[ERROR] Worker (pid:{}) was sent SIGKILL! Perhaps out of memory?\n"

    assert names(examined(late + kill.format(8))) == ["worker_timeout"]
    assert names(examined(late + kill.format(9))) == ["killed", "worker_timeout"]


def test_a_worker_that_timed_out_while_registering_is_told_by_the_line_after() -> None:
    late = "WORKER TIMEOUT (pid:8)\n[8] [ERROR] Error handling request POST /register\n"

    assert names(examined(late)) == ["timed_out_registering", "worker_timeout"]


def test_a_kill_before_the_first_answer_says_that_it_cannot_even_start() -> None:
    killed = "Ran out of memory (used over 512MB) while running your code.\n"

    at_boot = examined("==> Running 'npm start'\n" + killed)
    later = examined("==> Running 'npm start'\n==> Your service is live\n" + killed)

    assert "only to start" in at_boot.symptoms[0].reason
    assert "only to start" not in later.symptoms[0].reason


def test_thresholds_are_held_against_the_limit() -> None:
    limit = "Ran out of memory (used over 512MB)\n"

    def found(line: str) -> list[str]:
        return names(examined(line + "\n" + limit))

    assert found("Memory check: 250.5MB / 800MB") == ["memory_kill", "thresholds"]
    assert found("warning threshold: 500MB, critical threshold: 700MB") == [
        "memory_kill", "thresholds",
    ]  # fmt: skip
    assert found("warning threshold: 400MB") == ["memory_kill"]
    assert found("Memory check: 250.5MB / 512MB") == ["memory_kill"]
    assert names(examined("warning threshold: 900MB")) == []  # of what, is not told


def test_the_cap_that_is_given_stands_for_a_limit_that_no_line_names() -> None:
    seed = "🟢 Memory check: 250.5MB / 800MB\n"

    assert names(examined(seed)) == []
    assert names(examined(seed, 512 * MIB)) == ["thresholds"]


def test_a_limit_is_named_only_where_the_logs_know_no_other() -> None:
    one = "memory: usage 40960kB, limit 40960kB, failcnt 0\nMemory cgroup out of memory: Killed\n"

    assert "limit of 40 MiB" in examined(one).symptoms[0].title
    assert "limit of" not in examined(one + one.replace("40960", "81920")).symptoms[0].title


def test_what_the_logs_do_not_tell_is_said() -> None:
    nothing, three = examined("hello"), examined("Memory check: 99.0MB / 512MB\n" * 3)

    assert nothing.symptoms == ()
    assert "no line tells memory" in nothing.notes[0]
    assert any("--cap" in note for note in three.notes)
    assert any("3 readings of one life are too few" in note for note in three.notes)


def test_next_steps_name_commands_that_exist() -> None:
    steps = [s.next_step for path in FIXTURES.glob("*.log") for s in of_files(path.stem).symptoms]
    named = {word for step in steps for word in step.split("memtune ")[1:]}
    for command in {words.split()[0] for words in named}:
        assert run([command, "--help"]) == 0
