"""A container's memory as the daemon tells it: the fallback where the host's control-group
files cannot be read, labelled as such; much coarser than they are."""

from typing import Any

import docker.errors
import requests.exceptions

from memtune.measure.cgroup import Usage


class DockerStats:
    """Reads the stats API of one container; implements ``measure.cgroup.Cgroup``."""

    source = "Docker stats API, not the kernel's files"
    atomic = True
    peak_source = "max_usage (Docker stats API)"

    def __init__(self, api: Any, container: str) -> None:
        self._api = api
        self._container = container
        self._peak: int | None = None

    def usage(self) -> Usage:
        """Ask the daemon for the present usage. Raises OSError once the container is gone."""
        memory = self._memory()
        self._peak = memory.get("max_usage")
        stat = memory.get("stats", {})
        prefix = "total_" if "total_rss" in stat else ""
        return Usage(
            total=memory["usage"],
            file=stat.get(f"{prefix}active_file", 0) + stat.get(f"{prefix}inactive_file", 0),
            anon=stat.get("total_rss", stat.get("anon", 0)),
            shmem=stat.get(f"{prefix}shmem", 0),
            slab=stat.get("slab_reclaimable"),
        )

    def peak(self) -> int | None:
        """Return the high-water mark of the last answer; cgroup v2 daemons have none."""
        return self._peak

    def oom_kills(self) -> int | None:
        """Return None: the stats API does not count OOM kills."""
        return None

    def stalled_s(self) -> float | None:
        """Return None: the stats API does not tell pressure."""
        return None

    def pids(self) -> list[int]:
        """Return no process: the daemon's host may be another machine."""
        return []

    def close(self) -> None:
        """Hold nothing open."""

    def _memory(self) -> dict[str, Any]:
        try:
            answer = self._api.stats(self._container, stream=False, one_shot=True)
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise OSError(str(error)) from error
        memory: dict[str, Any] = answer.get("memory_stats", {})
        if "usage" not in memory:
            raise OSError("the container has ended")
        return memory
