"""How runs end, seen on real kernels, in containers and in bare control groups."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.errors import HostError
from memtune.execute.docker import DockerExecutor
from memtune.execute.executor import Executor, execute
from memtune.model import Bias, Image, ImageKind, Outcome
from tests.integration.conftest import MIB, Execute, request_for

ALLOCATE = "x = bytearray({mib} << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\n"


def test_a_program_that_ends_by_itself_has_completed(run: Execute) -> None:
    ended = run("echo hello; echo trouble >&2")

    assert ended.outcome is Outcome.COMPLETED
    assert ended.exit_status == 0
    assert ended.stdout_tail == "hello\n"
    assert ended.stderr_tail == "trouble\n"
    assert ended.warnings == ()


def test_the_last_line_of_json_becomes_the_output(run: Execute) -> None:
    ended = run('echo working; echo \'{"p95_ms": 12.5, "people": 3, "list": [1]}\'')

    assert dict(ended.output) == {"p95_ms": 12.5, "people": 3}


def test_an_exit_status_is_a_failure_and_keeps_its_number(run: Execute) -> None:
    ended = run("exit 3")

    assert (ended.outcome, ended.exit_status) == (Outcome.FAILED, 3)


def test_exit_137_without_an_oom_kill_is_a_plain_failure(run: Execute) -> None:
    ended = run("exit 137")

    assert (ended.outcome, ended.exit_status) == (Outcome.FAILED, 137)


def test_a_signal_is_a_failure(run: Execute) -> None:
    ended = run("kill -KILL $$")

    assert (ended.outcome, ended.exit_status) == (Outcome.FAILED, 137)


def test_the_main_process_killed_for_memory_is_oom_main(run: Execute) -> None:
    ended = run(python=ALLOCATE.format(mib=200), cap_mib=64)

    assert ended.outcome is Outcome.OOM_MAIN
    need, peak = ended.measurement.need, ended.measurement.cgroup_peak
    assert need is not None
    assert need.bias is Bias.LOWER_BOUND
    assert peak is not None
    assert peak.bias is Bias.SATURATED
    assert peak.value == 64 * MIB


def test_a_child_killed_for_memory_that_the_parent_survives_is_oom_child(run: Execute) -> None:
    ended = run(f"python -c '{ALLOCATE.format(mib=200)}' || exit 3", cap_mib=64)

    assert (ended.outcome, ended.exit_status) == (Outcome.OOM_CHILD, 3)


def test_a_child_killed_for_memory_that_the_parent_hides_is_oom_child(run: Execute) -> None:
    ended = run(f"python -c '{ALLOCATE.format(mib=200)}'; exit 0", cap_mib=64)

    assert (ended.outcome, ended.exit_status) == (Outcome.OOM_CHILD, 0)


def test_a_deadline_ends_a_program_that_ignores_the_request_to_end(run: Execute) -> None:
    begun = time.monotonic()

    ended = run("trap '' TERM; while :; do sleep 1; done", timeout_s=1)

    assert ended.outcome is Outcome.TIMEOUT
    assert time.monotonic() - begun < 40
    assert ended.measurement.need is not None


def test_a_fork_bomb_meets_the_process_limit(run: Execute) -> None:
    bomb = "import os, time\nwhile os.fork(): pass\ntime.sleep(60)"

    ended = run(python=bomb, cap_mib=512, timeout_s=60)

    assert ended.outcome is Outcome.PIDS_LIMIT


def test_cancelling_ends_the_run_at_once(run: Execute) -> None:
    begun = time.monotonic()

    ended = run("sleep 60", cancelled=lambda: time.monotonic() - begun > 1)

    assert ended.outcome is Outcome.CANCELLED
    assert time.monotonic() - begun < 40


def test_a_missing_command_is_no_evidence(executor: Executor) -> None:
    ended = execute(executor, request_for(("no-such-command",)))

    assert ended.outcome is Outcome.INFRA
    assert "no-such-command" in ended.reason


def test_a_missing_image_is_an_error_that_says_what_to_do(docker_executor: DockerExecutor) -> None:
    with pytest.raises(HostError, match="no-such-image") as raised:
        docker_executor.prepare([Image(ImageKind.NAME, "no-such-image:none")])

    assert "docker pull" in raised.value.hint


def test_output_larger_than_any_buffer_does_not_hang_and_keeps_its_end(run: Execute) -> None:
    ended = run("i=0; while [ $i -lt 40000 ]; do echo 0123456789012345678901234567890123456789; "
                "i=$((i+1)); done; echo end")  # fmt: skip

    assert ended.outcome is Outcome.COMPLETED
    assert ended.stdout_tail.endswith("end\n")


def test_a_workload_may_write_to_tmp_and_nowhere_else(
    docker_executor: DockerExecutor, tmp_path: Path
) -> None:
    # given a project below /tmp, whose mount must not take the right to write to /tmp away
    tmp_path.chmod(0o755)
    line = f"touch /tmp/a && ! touch {tmp_path}/a 2>/dev/null && ! touch /usr/a 2>/dev/null"
    request = replace(request_for(("sh", "-c", line)), directory=str(tmp_path))

    ended = execute(docker_executor, request)

    assert ended.outcome is Outcome.COMPLETED, ended.stderr_tail


def test_a_run_in_the_root_directory_is_possible(executor: Executor) -> None:
    ended = execute(executor, replace(request_for(("pwd",)), directory="/"))

    assert (ended.outcome, ended.stdout_tail) == (Outcome.COMPLETED, "/\n")
