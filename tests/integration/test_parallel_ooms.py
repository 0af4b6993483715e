"""A hundred runs, eight at a time, many of them killed for memory: each tells its own end."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from memtune.execute.docker import DockerExecutor
from memtune.execute.executor import execute
from memtune.model import Outcome, Run
from tests.integration.conftest import MIB, request_for

RUNS, AT_A_TIME = 100, 8
CAPS_MIB = (16, 24, 32, 48, 64)
# tail holds a line until it has seen its end, which these do not have.
LINES = {
    Outcome.OOM_MAIN: "exec tail /dev/zero",
    Outcome.OOM_CHILD: "tail /dev/zero; exit {status}",
    Outcome.COMPLETED: "head -c {quarter} /dev/zero | tail | wc -c",
    Outcome.FAILED: "head -c {quarter} /dev/zero | tail | wc -c; exit {failure}",
}


def test_of_a_hundred_runs_side_by_side_each_has_its_own_outcome(
    docker_executor: DockerExecutor,
) -> None:
    # given main processes and children over the cap, good runs, and failures that look like
    # kills, under many caps
    chance = random.Random(100)
    asked = [(list(LINES)[n % len(LINES)], chance.choice(CAPS_MIB)) for n in range(RUNS)]
    chance.shuffle(asked)

    # when they are executed side by side
    def one(case: tuple[Outcome, int]) -> Run:
        outcome, cap_mib = case
        line = LINES[outcome].format(
            quarter=cap_mib * MIB // 4,
            status=chance.choice((0, 3)),
            failure=chance.choice((1, 137)),
        )
        return execute(docker_executor, request_for(("sh", "-c", line), cap_mib))

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        runs = list(pool.map(one, asked))

    # then each has the outcome that it was made for, and the cap that it was given
    wrong = [
        (expected, cap_mib, run.outcome, run.exit_status, run.reason)
        for (expected, cap_mib), run in zip(asked, runs, strict=True)
        if run.outcome is not expected
    ]
    assert wrong == []
    assert Counter(run.outcome for run in runs) == dict.fromkeys(LINES, RUNS // len(LINES))
    for (_, cap_mib), run in zip(asked, runs, strict=True):
        assert run.measurement.enforced_cap is not None
        assert run.measurement.enforced_cap.value == cap_mib * MIB
        assert run.warnings == ()
