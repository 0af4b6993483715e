"""What this machine can do, for ``memtune doctor``; changes nothing that lasts."""

import importlib.util
import os
from collections.abc import Callable

from memtune.errors import HostError
from memtune.execute.choose import Choice, choose
from memtune.execute.executor import execute
from memtune.execute.request import Request
from memtune.measure.captures import memray_version
from memtune.measure.cgroup import CGROUP_ROOT, host_version
from memtune.model import Image, ImageKind, Outcome, Probe, Run, Settings

_HOST = Image(ImageKind.HOST)
_TEST_CAP_BYTES = 64 * 1024 * 1024
_SETUP_HINT = (
    "install and start it: as root on Debian, `apt-get install docker.io`, then `dockerd`; "
    "your user must be in the group docker"
)


def probes() -> list[Probe]:
    """Look at everything that runs need; each probe is made for real."""
    docker = _executor(Choice.DOCKER, "Docker", _SETUP_HINT)
    local = _executor(
        Choice.LOCAL, "local executor", "needs root or a delegated cgroup; only a fallback"
    )
    either = Probe(
        "a run under a cap",
        docker.ok or local.ok,
        "possible" if docker.ok or local.ok else "impossible: no executor works",
        "" if docker.ok or local.ok else _SETUP_HINT,
        essential=True,
    )
    return [docker, local, either, _cgroup(), _swap(), _memray(), _face()]


def _executor(choice: Choice, name: str, hint: str) -> Probe:
    """Execute ``true`` under a cap."""
    try:
        executor = choose(choice, [_HOST], lambda _: None)
        environment = executor.prepare([_HOST])
        run = execute(executor, _trivial())
    except HostError as error:
        return Probe(name, False, error.message, hint)
    version = dict(environment.tools).get("docker", "")
    if run.outcome is not Outcome.COMPLETED:
        return Probe(
            name, False, f"{version} made a run that ended {run.outcome}: {run.reason}", hint
        )
    return Probe(name, True, f"{version} executed `image: host` under {_enforced(run)}".strip())


def _enforced(run: Run) -> str:
    cap = run.measurement.enforced_cap
    where = "need sampled" if run.measurement.need else "need NOT readable from the host"
    return f"a cap of {int(cap.value) >> 20} MiB, {where}" if cap else f"an unread cap, {where}"


def _trivial() -> Request:
    return Request(
        workload="doctor",
        settings=Settings(),
        image=_HOST,
        command=("true",),
        directory="",
        env=(),
        cap_bytes=_TEST_CAP_BYTES,
        timeout_s=60,
    )


def _cgroup() -> Probe:
    version = host_version()
    memory = CGROUP_ROOT if version == "v2" else CGROUP_ROOT / "memory"
    if not memory.is_dir():
        return Probe("cgroup", False, "no memory controller", "boot with cgroup_enable=memory")
    writable = os.access(memory, os.W_OK)
    who = "writable by this user" if writable else "writable by root only"
    return Probe("cgroup", True, f"{version}, {who}")


def _swap() -> Probe:
    files = {
        "v1": CGROUP_ROOT / "memory" / "memory.memsw.limit_in_bytes",
        "v2": next(CGROUP_ROOT.glob("*/memory.swap.max"), CGROUP_ROOT / "memory.swap.max"),
    }
    if files[host_version()].exists():
        return Probe("swap accounting", True, "the cap holds for memory and swap together")
    with open("/proc/swaps", encoding="ascii") as swaps:
        active = len(swaps.readlines()) > 1
    if not active:
        return Probe("swap accounting", True, "none, and no swap is active")
    return Probe(
        "swap accounting",
        False,
        "none, but swap is active: a workload can leave its cap",
        "boot with swapaccount=1, or swapoff -a",
    )


def _memray() -> Probe:
    return _import("memray", f"{memray_version()}, importable", "pip install memray", "memray")


def _face() -> Probe:
    hint = (
        "only the face workload needs them: pip install 'memtune[face]' "
        "&& pip install --no-deps face_recognition==1.3.0"
    )
    needed = ("dlib", "face_recognition_models", "face_recognition", "PIL", "cachetools")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        return Probe("face models", False, f"missing: {', '.join(missing)}", hint)
    return Probe("face models", True, "dlib, face_recognition and its models are present")


def _import(module: str, found: str, hint: str, name: str) -> Probe:
    load: Callable[[str], object] = importlib.import_module
    try:
        load(module)
    except Exception as error:  # noqa: BLE001 - a broken wheel raises anything
        return Probe(name, False, f"import fails: {error}", hint)
    return Probe(name, True, found)
