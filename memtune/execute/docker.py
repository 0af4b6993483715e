"""Runs in Docker containers: images, the options of a container, and what is left of old ones."""

import io
import os
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import (
    AbstractContextManager,
    ExitStack,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from pathlib import Path
from typing import Any

import docker.errors
from docker.types import LogConfig, Mount

from memtune.errors import HostError
from memtune.execute import bring_memray, build, groups, host_image, owner, shim
from memtune.execute.container import Container
from memtune.execute.daemon import BEAT_ANSWER_S, connect, start_reaper, translated
from memtune.execute.environment import describe
from memtune.execute.executor import Meeting, StillbornError
from memtune.execute.networks import NONE, WAIT, Networks
from memtune.execute.request import PIDS_LIMIT, Place, Request
from memtune.measure.captures import inject_directory
from memtune.measure.cgroup import CGROUP_ROOT, host_version
from memtune.model import Environment, Image, ImageKind

HOST_IMAGE = "memtune-host:1"
"""An image with an empty /tmp and nothing else; the number changes with its content."""
RUN_LABEL = "memtune.run"
OWNER_LABEL = "memtune.owner"
LOOPBACK = "127.0.0.1"
TMP_BYTES = 64 * 1024 * 1024
HOLDER_BYTES = 16 * 1024 * 1024
PROBE_BYTES = 256 * 1024 * 1024
RUNTIME_BYTES = 32 * 1024 * 1024
"""runc prepares a container from within, under its cap: mostly 4 to 7 MiB."""
KILLED_AT_START = ("memory limit too low", "cannot start a stopped", "container that has stopped")
"""How runc and containerd say that this was too much: https://github.com/moby/moby/issues/41167"""


_HOST = Image(ImageKind.HOST)


class DockerExecutor:
    """Makes each run in a fresh, hardened container with swap capped to nothing."""

    name = "docker"

    def __init__(self) -> None:
        self._client = connect()
        self._api: Any = self._client.api
        self._impatient: Any = connect(BEAT_ANSWER_S).api
        with translated("talking to Docker"):
            self._version = self._api.version()["Version"]
        self._images: dict[Image, str] = {}
        self._memray: dict[Image, tuple[dict[str, Path], tuple[str, ...]]] = {}
        self._networks = Networks(self._api, self._create_holder)
        start_reaper(f"{OWNER_LABEL}={owner.me()}")

    def sweep(self) -> int:
        """Remove the containers of memtunes that no longer live here; return how many."""
        removed = 0
        with translated("looking for leftovers"):
            for found in self._api.containers(all=True, filters={"label": OWNER_LABEL}):
                name = found["Labels"][OWNER_LABEL]
                if owner.is_here(name) and not owner.lives(name):
                    with suppress(docker.errors.APIError):  # it goes by itself at this moment
                        self._api.remove_container(found["Id"], force=True, v=True)
                        removed += 1
        groups.sweep()  # those that held several of them
        return removed

    def prepare(self, images: Sequence[Image]) -> Environment:
        """Find, build or make the images; raises HostError when that fails."""
        for image in images:
            if image not in self._images:
                self._images[image] = self._image(image)
        identities = " ".join(self._images[image] for image in images)
        return describe(self.name, identities, {"docker": self._version})

    @contextmanager
    def meeting(self, names: Sequence[str], cap_bytes: int | None) -> Iterator[Meeting]:
        """Make a network namespace in which these names are loopback, and a group with the cap."""
        self.prepare([_HOST])
        watchers = len(names) + (cap_bytes is not None)
        with ExitStack() as stack:
            group = None if cap_bytes is None else stack.enter_context(self._group(cap_bytes))
            network = stack.enter_context(self._networks.own(names))
            parent = "" if group is None else f"/{group.name}"
            cgroup = None if group is None else stack.enter_context(closing(group.cgroup()))
            yield Meeting(Place(network, parent, watchers), cgroup)

    @contextmanager
    def _group(self, cap_bytes: int) -> Iterator[groups.Group]:
        """Make a group that the daemon can put containers in."""
        with translated("asking for the cgroup driver"):
            driver = self._api.info()["CgroupDriver"]
        if driver != "cgroupfs":
            raise HostError(
                f"Docker's cgroup driver is {driver}: memtune can hold several containers under "
                "one cap only with cgroupfs",
                hint="give each service a cap of its own with `cap_for: each`, or set "
                '"exec-opts": ["native.cgroupdriver=cgroupfs"] in Docker\'s daemon.json',
            )
        with groups.Group() as group:
            group.limit(cap_bytes)
            yield group

    @contextmanager
    def launch(self, request: Request) -> Iterator[Container]:
        """Create and start a container; it is gone when the context ends or memtune dies."""
        self.prepare([request.image])
        with self._network(request) as network:
            with translated("creating a container"):
                created = self._api.create_container(
                    self._images[request.image], **self._options(request, network)
                )
            warnings = (
                *(created.get("Warnings") or ()),
                *_as_root(request),
                *self._brought(request)[1],
            )
            container = Container(self._api, self._impatient, created["Id"], warnings)
            try:
                with _stillborn(request.cap_bytes):
                    container.start()
                yield container
            finally:
                container.remove()

    def _network(self, request: Request) -> AbstractContextManager[str]:
        return nullcontext(request.place.network) if request.place else self._networks.lend()

    def _image(self, image: Image) -> str:
        with translated(f"preparing the image {image}"):
            if image.kind is ImageKind.HOST:
                return self._host_image()
            if image.kind is ImageKind.BUILD:
                with build.context(image) as packed:
                    built = self._client.images.build(
                        fileobj=packed,
                        custom_context=True,
                        dockerfile=image.dockerfile,
                        rm=True,
                        forcerm=True,
                    )
                return str(built[0].id)
            return str(self._client.images.get(image.reference).id)

    def _host_image(self) -> str:
        try:
            return str(self._client.images.get(HOST_IMAGE).id)
        except docker.errors.ImageNotFound:
            repository, tag = HOST_IMAGE.split(":")
            self._api.import_image_from_data(_tmp_only(), repository=repository, tag=tag)
            return str(self._client.images.get(HOST_IMAGE).id)

    def _create_holder(self, names: Sequence[str] = ()) -> str:
        """Create a container that holds a network namespace open and does nothing else."""
        mounts = _read_only(host_image.directories(""))
        config = self._hardened(HOLDER_BYTES, NONE, mounts, hosts=dict.fromkeys(names, LOOPBACK))
        created = self._api.create_container(
            self._host_image(),
            entrypoint=WAIT,
            stdin_open=True,
            labels={OWNER_LABEL: owner.me()},
            user=f"{host_image.NOBODY}:{host_image.NOBODY}",
            host_config=config,
        )
        return str(created["Id"])

    def _options(self, request: Request, network: str) -> dict[str, Any]:
        on_host = request.image.kind is ImageKind.HOST
        env = host_image.environment() if on_host else {}
        env |= dict(request.env)
        brought, _ = self._brought(request)
        if request.captures is not None:
            env |= host_image.capture_environment(
                (env if on_host else self._image_environment(request.image)) | env,
                host_image.INJECT_IN_CONTAINER,
                host_image.CAPTURES_IN_CONTAINER,
                memray=host_image.MEMRAY_IN_CONTAINER if brought else "",
                native=request.native,
            )
        options: dict[str, Any] = {
            "entrypoint": shim.command_line(*_groups_inside(), request.command),
            "command": [],
            "environment": env,
            "stdin_open": True,
            "labels": {RUN_LABEL: request.workload, OWNER_LABEL: owner.me()},
            "host_config": self._hardened(
                request.cap_bytes,
                network,
                _mounts(request, brought),
                parent=request.place.parent if request.place else "",
                cpus=request.cpus,
            ),
        }
        if on_host:
            options["user"] = "{}:{}".format(*host_image.user(request.directory))
            options["working_dir"] = request.directory or "/"
        return options

    def _image_environment(self, image: Image) -> dict[str, str]:
        with translated(f"inspecting the image {image}"):
            config = self._api.inspect_image(self._images[image])["Config"]
        pairs = (text.partition("=") for text in config.get("Env") or ())
        return {name: value for name, _, value in pairs}

    def _brought(self, request: Request) -> tuple[dict[str, Path], tuple[str, ...]]:
        """Return memray for the image's Pythons, and in words for which it cannot be had."""
        image = request.image
        if request.captures is None:
            return {}, ()
        if image in self._memray:
            return self._memray[image]
        found = [bring_memray.own()]
        if image.kind is not ImageKind.HOST:
            with translated(f"looking for Python in {image}"):
                told = self._client.containers.run(
                    self._images[image],
                    entrypoint=["/bin/sh", "-c", bring_memray.PROBE],
                    command=[],
                    remove=True,
                    network_mode=NONE,
                    read_only=True,
                    mem_limit=PROBE_BYTES,
                    labels={OWNER_LABEL: owner.me()},
                )
            found = bring_memray.pythons(told.decode("utf-8", "replace"))
        self._memray[image] = bring_memray.brought(found, bring_memray.fetched)
        return self._memray[image]

    def _hardened(
        self,
        cap_bytes: int,
        network: str,
        mounts: list[Mount],
        hosts: dict[str, str] | None = None,
        parent: str = "",
        cpus: float | None = None,
    ) -> Any:
        return self._api.create_host_config(
            extra_hosts=hosts or None,
            cgroup_parent=parent or None,
            nano_cpus=round(cpus * 10**9) if cpus else None,
            mem_limit=cap_bytes,
            memswap_limit=cap_bytes,  # memory alone would allow twice as much with swap
            auto_remove=True,
            network_mode=network,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            read_only=True,
            tmpfs={"/tmp": f"size={TMP_BYTES},mode=1777"},
            pids_limit=PIDS_LIMIT,
            mounts=mounts,
            log_config=LogConfig(type="none"),
        )


@contextmanager
def _stillborn(cap_bytes: int) -> Iterator[None]:
    """Tell a container that is too small to start from one that cannot be started."""
    try:
        yield
    except HostError as error:
        if cap_bytes > RUNTIME_BYTES or not any(it in error.message for it in KILLED_AT_START):
            raise
        raise StillbornError(
            "killed by the kernel for memory before the command began: no container starts "
            "reliably under this cap"
        ) from error


def _as_root(request: Request) -> list[str]:
    """Say why a run on this machine's files is made as root, though without capabilities."""
    closed = host_image.closed_to_nobody(request.directory)
    if request.image.kind is not ImageKind.HOST or os.geteuid() != 0 or not closed:
        return []
    return [f"executed as root, without capabilities: others cannot read {', '.join(closed)}"]


def _mounts(request: Request, memray: Mapping[str, Path]) -> list[Mount]:
    """What of this machine the container sees; ``memray`` is where it is, by Python's tag."""
    mounts = []
    if request.image.kind is ImageKind.HOST:
        mounts += _read_only(host_image.directories(request.directory))
    if request.captures is not None:
        inject = str(inject_directory())
        mounts += [
            Mount(host_image.INJECT_IN_CONTAINER, inject, type="bind", read_only=True),
            Mount(host_image.CAPTURES_IN_CONTAINER, str(request.captures), type="bind"),
        ]
    for tag, directory in memray.items():
        target = f"{host_image.MEMRAY_IN_CONTAINER}/{tag}"
        mounts.append(Mount(target, str(directory), type="bind", read_only=True))
    return mounts


def _read_only(directories: list[str]) -> list[Mount]:
    return [Mount(path, path, type="bind", read_only=True) for path in directories]


def _tmp_only() -> bytes:
    """A tar archive with nothing but a /tmp that all may write to.

    Where runc finds /tmp missing or made for a mount below it, a tmpfs there gets mode 755.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        directory = tarfile.TarInfo("tmp")
        directory.type, directory.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(directory)
    return buffer.getvalue()


def _groups_inside() -> tuple[str, str]:
    """Where a container finds the files of its own memory and pids groups."""
    if host_version() == "v2":
        return str(CGROUP_ROOT), str(CGROUP_ROOT)
    return str(CGROUP_ROOT / "memory"), str(CGROUP_ROOT / "pids")
