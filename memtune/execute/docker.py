"""Runs in Docker containers: the only file that talks to the daemon."""

import io
import queue
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import docker
import docker.errors
import requests.exceptions
from docker.types import LogConfig, Mount
from docker.utils.socket import frames_iter

from memtune.errors import HostError
from memtune.execute import host_image, shim
from memtune.execute.docker_stats import DockerStats
from memtune.execute.environment import describe
from memtune.execute.executor import Chunk
from memtune.execute.request import Request
from memtune.measure.capture import inject_directory
from memtune.measure.cgroup import CGROUP_ROOT, Cgroup, cgroup_of, host_version
from memtune.model import Environment, Image, ImageKind

HOST_IMAGE = "memtune-host:1"
"""An image with an empty /tmp and nothing else; the number changes with its content."""
RUN_LABEL = "memtune.run"
TMP_BYTES = 64 * 1024 * 1024
PIDS_LIMIT = 512
TIMEOUT_S = 60


class DockerExecutor:
    """Makes each run in a fresh, hardened container with swap capped to nothing."""

    name = "docker"

    def __init__(self) -> None:
        with _translated("talking to Docker"):
            self._client: Any = docker.from_env(timeout=TIMEOUT_S)
            self._api: Any = self._client.api
            self._version = self._client.version()["Version"]
        self._images: dict[Image, str] = {}

    def prepare(self, image: Image) -> Environment:
        """Find, build or make the image; raises HostError when that fails."""
        if image not in self._images:
            self._images[image] = self._image(image)
        return describe(self.name, self._images[image], {"docker": self._version})

    @contextmanager
    def launch(self, request: Request) -> Iterator["_Container"]:
        """Create and start a container; it is gone when the context ends or memtune dies."""
        self.prepare(request.image)
        with _translated("creating a container"):
            created = self._api.create_container(
                self._images[request.image], **self._options(request)
            )
        container = _Container(self._api, created["Id"], tuple(created.get("Warnings") or ()))
        try:
            container.start()
            yield container
        finally:
            container.remove()

    def _image(self, image: Image) -> str:
        with _translated(f"preparing the image {image}"):
            if image.kind is ImageKind.HOST:
                return self._host_image()
            if image.kind is ImageKind.BUILD:
                return str(self._client.images.build(path=image.reference, rm=True)[0].id)
            return str(self._client.images.get(image.reference).id)

    def _host_image(self) -> str:
        try:
            return str(self._client.images.get(HOST_IMAGE).id)
        except docker.errors.ImageNotFound:
            repository, tag = HOST_IMAGE.split(":")
            self._api.import_image_from_data(_tmp_only(), repository=repository, tag=tag)
            return str(self._client.images.get(HOST_IMAGE).id)

    def _options(self, request: Request) -> dict[str, Any]:
        on_host = request.image.kind is ImageKind.HOST
        env = host_image.environment() if on_host else {}
        env |= dict(request.env)
        if request.captures is not None:
            env |= host_image.capture_environment(
                env, host_image.INJECT_IN_CONTAINER, host_image.CAPTURES_IN_CONTAINER
            )
        options: dict[str, Any] = {
            "entrypoint": shim.command_line(*_groups_inside(), request.command),
            "command": [],
            "environment": env,
            "stdin_open": True,
            "labels": {RUN_LABEL: request.workload},
            "host_config": self._host_config(request, on_host),
        }
        if on_host:
            options["user"] = "{}:{}".format(*host_image.user(request.directory))
            options["working_dir"] = request.directory or "/"
        return options

    def _host_config(self, request: Request, on_host: bool) -> Any:
        mounted = host_image.directories(request.directory) if on_host else []
        mounts = [Mount(path, path, type="bind", read_only=True) for path in mounted]
        if request.captures is not None:
            mounts += [
                Mount(
                    host_image.INJECT_IN_CONTAINER,
                    str(inject_directory()),
                    type="bind",
                    read_only=True,
                ),
                Mount(host_image.CAPTURES_IN_CONTAINER, str(request.captures), type="bind"),
            ]
        return self._api.create_host_config(
            mem_limit=request.cap_bytes,
            memswap_limit=request.cap_bytes,  # memory alone would allow twice as much with swap
            auto_remove=True,
            network_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            read_only=True,
            tmpfs={"/tmp": f"size={TMP_BYTES},mode=1777"},
            pids_limit=PIDS_LIMIT,
            mounts=mounts,
            log_config=LogConfig(type="none"),
        )


class _Container:
    """One container: implements Launched."""

    def __init__(self, api: Any, identity: str, warnings: tuple[str, ...]) -> None:
        self._api = api
        self._id = identity
        self._socket: Any = None
        self.chunks: queue.Queue[Chunk] = queue.Queue(maxsize=64)
        self.warnings = warnings

    def start(self) -> None:
        """Attach first, then start, so that no output is lost."""
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        with _translated("starting a container"):
            self._socket = self._api.attach_socket(self._id, params=streams)
            self._api.start(self._id)
        threading.Thread(target=self._read, name="memtune-attach", daemon=True).start()

    def send(self, word: str) -> None:
        """Write a line to the shim's lease."""
        self._socket._sock.sendall(f"{word}\n".encode())

    def cgroup(self) -> Cgroup | None:
        """Find the control group through the container's first process, else ask the daemon."""
        with _translated("inspecting a container"):
            pid = self._api.inspect_container(self._id)["State"]["Pid"]
        if not pid:
            return None
        return cgroup_of(pid) or DockerStats(self._api, self._id)

    def remove(self) -> None:
        """End the lease and wait until the container is gone."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket._sock.close()
            self._socket.close()
        with suppress(docker.errors.APIError, requests.exceptions.RequestException):
            self._api.remove_container(self._id, force=True, v=True)

    def _read(self) -> None:
        try:
            for stream, data in frames_iter(self._socket, tty=False):  # type: ignore[no-untyped-call]
                self.chunks.put((stream, data))
        except (OSError, ValueError):
            pass
        self.chunks.put(None)


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


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    """Turn docker-py's and requests' exceptions into one of ours, once."""
    try:
        yield
    except docker.errors.ImageNotFound as error:
        raise HostError(
            f"{doing}: {error.explanation or error}",
            hint="pull or build the image first: docker pull IMAGE",
        ) from error
    except docker.errors.BuildError as error:
        raise HostError(f"{doing}: {error}", hint="try docker build by hand") from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise HostError(
            f"{doing}: {_first_line(error)}",
            hint="is the daemon running and may this user talk to it? `memtune doctor` tells; "
            "`--executor local` does without Docker",
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
