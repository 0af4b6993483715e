"""Whatever breaks below memtune: it says so once, it keeps what it has, it leaves nothing.

Each test breaks a Docker daemon of its own, a directory, or memtune itself, while memtune
works as a process of its own.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memtune.execute.docker import HOST_IMAGE, OWNER_LABEL, RUN_LABEL
from tests.integration.lab import Dockerd, private_dockerd, wait_until
from tests.integration.lab_project import (
    Memtune,
    Project,
    archive,
    in_mid_run,
    mounted,
    spoil,
)

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
ENVIRONMENT, INTERRUPTED = 3, 130


@pytest.fixture
def daemon() -> Iterator[Dockerd]:
    if os.geteuid() != 0:
        pytest.skip("a Docker daemon of its own needs root")
    with private_dockerd() as running:
        yield running


@pytest.fixture
def project(daemon: Dockerd, tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path, daemon.host)
    yield project
    project.close()


def assert_says(ended: Memtune, code: int, what: str, hint: str) -> None:
    """One message, one hint, nothing else that looks like trouble."""
    assert ended.process.returncode == code, ended.stderr
    message, advice = ended.complaint
    assert message.startswith("error: ")
    assert what in message
    assert advice.startswith("hint: ")
    assert hint in advice
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def assert_interrupted(ended: Memtune) -> None:
    assert ended.process.returncode == INTERRUPTED, ended.stderr
    assert "interrupted" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


# The daemon


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_daemon_that_ends_in_mid_run(
    daemon: Dockerd, project: Project, number: signal.Signals
) -> None:
    # given a memtune with finished runs and one in hand
    memtune = project.profile()
    finished = in_mid_run(daemon, project)

    # when the daemon is stopped or killed
    daemon.send(number)
    memtune.end()

    # then memtune says so, and keeps what it had; the run in hand is no evidence
    assert_says(memtune, ENVIRONMENT, "the Docker daemon went away in mid-run", "memtune doctor")
    assert project.stored()[:-1] == finished
    assert project.stored()[-1].outcome == "infra"
    assert not project.stored()[-1].has_verdict
    assert wait_until(lambda: not daemon.processes(), 1)

    # and the daemon has nothing of it when it is back
    daemon.start()
    assert daemon.is_clean(5)


def test_a_daemon_that_freezes_in_mid_run(daemon: Dockerd, project: Project) -> None:
    memtune = project.profile()
    finished = in_mid_run(daemon, project)

    # when the daemon freezes, and another memtune starts
    daemon.send(signal.SIGSTOP)
    late = project.profile()
    memtune.end()
    late.end()

    # then both give up in time, and no process is left although the daemon cannot end it
    assert_says(memtune, ENVIRONMENT, "has not answered for 10 s", "memtune doctor")
    assert_says(late, ENVIRONMENT, "does not answer in time", "restart Docker")
    assert memtune.ended_s < 15
    assert project.stored()[:-1] == finished
    assert project.stored()[-1].outcome == "infra"
    assert not project.stored()[-1].has_verdict
    assert wait_until(lambda: not daemon.processes(), 1)

    # and once it thaws it finds the container ended
    daemon.send(signal.SIGCONT)
    assert daemon.is_clean(5)


def test_a_second_signal_ends_memtune_at_once_even_while_the_daemon_is_frozen(
    daemon: Dockerd, project: Project
) -> None:
    memtune = project.profile()
    finished = in_mid_run(daemon, project)
    daemon.send(signal.SIGSTOP)

    memtune.process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):  # it asks the workload to end, in vain
        memtune.process.wait(0.5)
    memtune.process.send_signal(signal.SIGINT)
    memtune.end(5)

    assert_interrupted(memtune)
    assert memtune.ended_s < 2
    assert project.stored()[: len(finished)] == finished
    daemon.send(signal.SIGCONT)
    assert daemon.is_clean(5)


def test_an_absent_daemon(daemon: Dockerd, project: Project) -> None:
    daemon.send(signal.SIGTERM)

    memtune = project.profile()
    memtune.end()

    assert_says(memtune, ENVIRONMENT, daemon.host, "--executor local")
    assert project.stored() == []


def test_a_search_goes_on_where_it_was_when_the_daemon_was_restarted(
    daemon: Dockerd, project: Project
) -> None:
    # given a search that lost its daemon after some runs
    interrupted = project.recommend(10)
    assert wait_until(lambda: len(project.judged()) >= 3)
    daemon.send(signal.SIGTERM)
    assert interrupted.end() == ENVIRONMENT
    finished = project.judged()

    # when the daemon is back, and the same search is asked for
    daemon.start()
    resumed = project.recommend(10, "--json")
    code = resumed.end(60)

    # then no finished run is repeated
    study = json.loads(resumed.stdout)["result"]
    assert code == 0
    assert f": {len(finished)} finished" in resumed.stderr
    ids = [one["run"]["id"] for one in study["judged"]]
    assert ids[: len(finished)] == [run.id for run in finished]
    assert len(ids) == len(project.judged()) == 10


@pytest.mark.parametrize("deeds", [("stop",), ("kill",), ("pause", "unpause", "stop")])
def test_a_container_that_somebody_else_touches(
    daemon: Dockerd, project: Project, deeds: tuple[str, ...]
) -> None:
    memtune = project.profile()
    finished = in_mid_run(daemon, project)
    container = daemon.client().containers.list(filters={"label": RUN_LABEL})[0]

    for deed in deeds:
        getattr(container, deed)()
    memtune.end()

    # then the end of the workload says nothing about it
    assert_says(memtune, ENVIRONMENT, "somebody else sent the container", "memtune doctor")
    assert ("`docker pause`" in memtune.stderr) == ("pause" in deeds)
    assert project.stored()[:-1] == finished
    assert project.stored()[-1].outcome == "infra"
    assert daemon.is_clean()


def test_a_missing_image(daemon: Dockerd, project: Project) -> None:
    memtune = profile_image(project, "no-such-image:none")

    assert_says(memtune, ENVIRONMENT, "no-such-image:none", "docker pull")
    assert daemon.containers() == []


def test_an_image_without_a_shell(daemon: Dockerd, project: Project) -> None:
    daemon.client().api.import_image_from_data(archive(), repository="empty", tag="1")

    memtune = profile_image(project, "empty:1")

    assert_says(memtune, ENVIRONMENT, "/bin/sh", "use an image that has it")
    assert daemon.is_clean()


def profile_image(project: Project, image: str) -> Memtune:
    (project.directory / "image.yaml").write_text(
        f"version: 1\nname: image\nkind: pipeline\nimage: {image}\ncommand: [sh]\n"
    )
    memtune = project.start("profile", "image.yaml", "--executor", "docker", "--cap", "64MiB")
    memtune.end()
    return memtune


# The project directory


def test_a_full_disk(daemon: Dockerd, project: Project) -> None:
    store = project.directory / ".memtune"
    with mounted(store, "size=120k"):
        # when runs are made until the disk is full
        memtune = project.profile()
        memtune.end(60)

        # then that is said, and the runs before are kept
        assert_says(memtune, ENVIRONMENT, "disk", "is the disk full")
        before = project.judged()
        assert before
        assert daemon.is_clean()

        # and they are whole when there is room again
        subprocess.run(["mount", "-o", "remount,size=20m", store], check=True)
        again = project.start("profile", "--executor", "docker", "--", "true")
        assert again.end() == 0, again.stderr
        assert project.judged()[: len(before)] == before


def test_a_read_only_directory(daemon: Dockerd, project: Project) -> None:
    with mounted(project.directory, "ro"):
        memtune = project.profile()
        memtune.end()

    assert_says(memtune, ENVIRONMENT, "Read-only file system", "not writable")
    assert daemon.containers() == []


@pytest.mark.parametrize("damage", ["garbage", "torn", "newer"])
def test_a_damaged_store(daemon: Dockerd, project: Project, damage: str) -> None:
    # given a store with a run in it, and damage
    first = project.start("profile", "--executor", "docker", "-n", "1", "--", "true")
    assert first.end() == 0, first.stderr
    file = project.directory / ".memtune" / "memtune.sqlite3"
    spoil(file, damage)
    spoilt = file.read_bytes()

    # when memtune is started
    memtune = project.profile()
    memtune.end()

    # then it names the file or its directory, makes no run and touches nothing
    assert_says(memtune, ENVIRONMENT, ".memtune", "move")
    assert file.read_bytes() == spoilt
    assert daemon.containers() == []


# memtune itself


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_mid_run(daemon: Dockerd, project: Project, number: signal.Signals) -> None:
    memtune = project.profile()
    finished = in_mid_run(daemon, project)

    memtune.process.send_signal(number)
    memtune.end()

    assert_interrupted(memtune)
    assert memtune.ended_s < 3
    assert project.stored()[:-1] == finished
    assert project.stored()[-1].outcome == "cancelled"
    assert not project.stored()[-1].has_verdict
    assert daemon.is_clean()


def building(daemon: Dockerd, project: Project, step: str) -> Memtune:
    """A memtune that builds an image."""
    small = archive("sh", "sleep")
    daemon.client().api.import_image_from_data(small, repository="small", tag="1")
    (project.directory / "Dockerfile").write_text(f"FROM small:1\nRUN {step}\n")
    (project.directory / "build.yaml").write_text(
        "version: 1\nname: build\nkind: pipeline\nbuild: .\ncommand: [sh]\n"
    )
    return project.start("profile", "build.yaml", "--executor", "docker", "--cap", "64MiB")


def builds(daemon: Dockerd) -> bool:
    return any("sleep 600" in command for command in daemon.commands())


def test_an_image_that_cannot_be_built(daemon: Dockerd, project: Project) -> None:
    memtune = building(daemon, project, "exit 7")
    memtune.end()

    assert_says(memtune, ENVIRONMENT, "code: 7", "docker build")
    assert project.stored() == []
    assert daemon.client().api.containers(all=True) == []


def test_a_daemon_that_is_killed_while_the_image_is_prepared(
    daemon: Dockerd, project: Project
) -> None:
    memtune = building(daemon, project, "sleep 600")
    assert wait_until(lambda: builds(daemon))

    daemon.send(signal.SIGKILL)
    memtune.end()

    assert_says(memtune, ENVIRONMENT, "preparing the image", "is the daemon running")
    assert project.stored() == []


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_the_image_is_prepared(
    daemon: Dockerd, project: Project, number: signal.Signals
) -> None:
    client = daemon.client()
    memtune = building(daemon, project, "sleep 600")
    assert wait_until(lambda: builds(daemon))

    # when the signal comes
    memtune.process.send_signal(number)
    memtune.end()

    # then the build ends too
    assert_interrupted(memtune)
    assert memtune.ended_s < 2
    assert project.stored() == []
    assert wait_until(lambda: not daemon.processes(), 2)
    assert wait_until(lambda: not client.api.containers(all=True), 2)


def test_kill_9_in_mid_search_leaves_nothing_and_the_next_one_touches_no_living_run(
    daemon: Dockerd, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # given a search, and beside it a memtune in mid-run
    neighbour = Project(tmp_path_factory.mktemp("neighbour"), daemon.host)
    beside = neighbour.profile()
    in_mid_run(daemon, neighbour)
    search = project.recommend(500)
    assert wait_until(lambda: len(project.judged()) >= 3)
    finished = project.judged()

    # when the search is killed, and started again
    search.process.kill()
    search.end()
    assert wait_until(lambda: not daemon.containers(search.process.pid), 1)
    resumed = project.recommend(500)
    assert wait_until(lambda: len(project.judged()) > len(finished) + 1)
    resumed.process.send_signal(signal.SIGINT)
    resumed.end()

    # then nothing had to be swept, and the run beside went on
    assert "continues study" in resumed.stderr
    assert "removed" not in resumed.stderr
    assert project.judged()[: len(finished)] == finished
    assert beside.process.poll() is None
    assert "sleep 600" in daemon.commands()
    beside.process.send_signal(signal.SIGTERM)
    beside.end()
    assert_interrupted(beside)
    assert neighbour.stored()[-1].outcome == "cancelled"
    assert daemon.is_clean()


def test_what_a_dead_memtune_left_is_swept_at_the_next_start_and_said(
    daemon: Dockerd, project: Project
) -> None:
    # given a container whose owner has ended, as a killed daemon may bring it back
    first = project.start("profile", "--executor", "docker", "-n", "1", "--", "true")
    assert first.end() == 0, first.stderr
    dead = "from memtune.execute import owner; print(owner.me())"
    told = subprocess.run([sys.executable, "-c", dead], capture_output=True, text=True, check=True)
    client = daemon.client()
    client.api.create_container(HOST_IMAGE, "true", labels={OWNER_LABEL: told.stdout.strip()})
    client.api.create_container(HOST_IMAGE, "true", labels={"other": "somebody's"})

    again = project.start("profile", "--executor", "docker", "-n", "1", "--", "true")

    assert again.end() == 0, again.stderr
    assert again.stderr.count("removed what a memtune left that no longer lives: 1 run(s)") == 1
    assert wait_until(lambda: not daemon.containers(), 1)
    assert len(client.api.containers(all=True)) == 1


def test_a_memtune_that_numbers_processes_otherwise_measures_no_stranger(
    daemon: Dockerd, project: Project
) -> None:
    # given a memtune in a process namespace of its own, as in a container
    apart = ("unshare", "--pid", "--fork", "--mount-proc")
    words = ("profile", "--executor", "docker", "-n", "1", "--cap", "64MiB")

    memtune = project.start(*words, "--json", "--", "sleep", "0.5", prefix=apart)
    memtune.end()

    run = json.loads(memtune.stdout)["result"]["trial"]["runs"][0]["run"]
    assert run["outcome"] == "completed"
    need = run["measurement"]["need"]
    assert need is None or "Docker stats" in need["source"]
    assert daemon.is_clean(2)
