"""Containers that somebody else runs: which there are, how they fare and how they ended; changes
none of them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docker.errors

from memtune.errors import HostError
from memtune.execute.daemon import BEAT_ANSWER_S, connect, translated
from memtune.execute.docker_stats import DockerStats
from memtune.measure.cgroup import Cgroup, directory_of

PROJECT_LABEL = "com.docker.compose.project"
ENDING_SIGNALS = ("2", "3", "9", "15")
"""INT, QUIT, KILL and TERM; with others programs are told to read their settings again."""


@dataclass(frozen=True)
class Listed:
    """One container, running or not."""

    id: str
    name: str
    project: str
    """The compose project it belongs to; empty without one."""
    running: bool


@dataclass(frozen=True)
class Status:
    """What the daemon says of one container now."""

    running: bool
    restarting: bool
    """Docker waits before it starts it again."""
    pid: int
    """Of its first process, as the daemon numbers them."""
    started_at: str
    """Differs from start to start."""
    exit_status: int
    oom_killed: bool
    """Whether the kernel killed any process of it for memory, since it was started."""
    cap_bytes: int | None


@dataclass(frozen=True)
class Last:
    """How a container's last life ended, as the daemon remembers it."""

    exit_status: int | None = None
    signal: str = ""
    """What somebody sent before that."""
    oom: bool = False
    """Whether a process was killed for memory since the time that was asked for."""


class Running:
    """Asks the Docker daemon about containers. Raises HostError where it does not answer."""

    def __init__(self) -> None:
        try:
            self._api: Any = connect(BEAT_ANSWER_S).api
        except HostError as error:
            raise HostError(
                error.message,
                hint="is the daemon running and may this user talk to it? `memtune doctor` tells; "
                "a process can be watched without Docker: memtune watch PID",
            ) from error

    def all(self, project: str = "") -> tuple[Listed, ...]:
        """Return all containers, or those of a compose project, in order of their names."""
        filters = {"label": f"{PROJECT_LABEL}={project}"} if project else {}
        with translated("listing the containers"):
            found = self._api.containers(all=True, filters=filters)
        return tuple(sorted(map(_listed, found), key=lambda one: one.name))

    def status(self, container: str) -> Status | None:
        """Return how a container fares; None where it has been removed."""
        with translated("inspecting a container"):
            try:
                told = self._api.inspect_container(container)
            except docker.errors.NotFound:
                return None
        state = told["State"]
        return Status(
            running=state["Running"] and not state["Restarting"],
            restarting=state["Restarting"],
            pid=state["Pid"],
            started_at=state["StartedAt"],
            exit_status=state["ExitCode"],
            oom_killed=state["OOMKilled"],
            cap_bytes=told["HostConfig"]["Memory"] or None,
        )

    def last(self, container: str, since_s: float) -> Last:
        """Return how it ended, from the events that the daemon keeps of removed ones too.

        ``since_s`` is by the wall clock.
        """
        asked = {"container": container, "event": ["start", "kill", "oom", "die"]}
        until = f"{time.time():.6f}"
        with translated("asking how a container ended"):
            events = list(self._api.events(since="0", until=until, filters=asked, decode=True))
        return last_life(events, since_s)

    def group(self, container: str, pid: int) -> Path | None:
        """Return the directory of its control group; None where this machine has none of it."""
        # The daemon may number processes otherwise than we do: then it is another's group.
        return directory_of(pid, named=container) if pid else None

    def stats(self, container: str) -> Cgroup:
        """Return the reader for containers whose control group cannot be seen."""
        return DockerStats(self._api, container)


def last_life(events: Sequence[Mapping[str, Any]], since_s: float) -> Last:
    """Return how the last life that has ended did; ``events`` are of starts and ends, in order."""
    life = ended = Last()
    for event in events:
        attributes = event.get("Actor", {}).get("Attributes", {})
        match event.get("Action"):
            case "start":
                life = Last()
            case "kill" if attributes.get("signal") in ENDING_SIGNALS:
                life = replace(life, signal=attributes["signal"])
            case "oom" if event.get("timeNano", 0) / 1e9 >= since_s:
                life = replace(life, oom=True)
            case "die":
                life = replace(life, exit_status=int(attributes["exitCode"]))
        if life.exit_status is not None:
            ended = life
    return life if ended.exit_status is None else ended


def _listed(told: Mapping[str, Any]) -> Listed:
    labels = told.get("Labels") or {}
    names = told.get("Names") or ["/" + told["Id"][:12]]
    own = min(names, key=lambda name: name.count("/"))  # links give a container more names
    running = told.get("State") in ("running", "paused", "restarting")
    return Listed(told["Id"], own.lstrip("/"), labels.get(PROJECT_LABEL, ""), running)
