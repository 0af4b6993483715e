"""Says on what machine a benchmark was made, without naming it."""

import os
import platform

from memtune.execute.docker import DockerExecutor
from memtune.measure.cgroup import host_version
from memtune.model import Image, ImageKind


def description() -> str:
    """Return one line: kernel, cgroup version, Docker, cores, memory, Python, load."""
    environment = DockerExecutor().prepare([Image(ImageKind.HOST)])
    docker = dict(environment.tools).get("docker", "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"Linux {platform.release().partition('-')[0]}, cgroup {host_version()}, Docker {docker}, "
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, "
        f"load average {os.getloadavg()[0]:.1f}"
    )
