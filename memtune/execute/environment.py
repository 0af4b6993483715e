"""Describes the machine that runs are made on; measures nothing."""

import os
import platform

from memtune import __version__
from memtune.measure.captures import memray_version
from memtune.measure.cgroup import host_version
from memtune.model import Environment


def describe(executor: str, image: str, tools: dict[str, str]) -> Environment:
    """Return kernel, cgroup version, architecture, CPUs and the versions of what takes part."""
    versions = {
        "memtune": __version__,
        "python": platform.python_version(),
        "memray": memray_version(),
        **tools,
    }
    return Environment(
        kernel=platform.release(),
        cgroup=host_version(),
        architecture=platform.machine(),
        cpus=len(os.sched_getaffinity(0)),
        executor=executor,
        image=image,
        tools=tuple(versions.items()),
    )
