"""The Docker daemon as memtune meets it: how long it may take, whether it still answers,
its errors as ours, and who tidies up after a SIGKILL; knows no images and no runs."""

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from typing import Any

import docker
import docker.errors
import requests.exceptions
import urllib3.exceptions
from docker.utils import parse_host

from memtune.errors import HostError

FAILURES = (
    docker.errors.DockerException,
    docker.errors.StreamParseError,  # no DockerException
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,  # from streams that break
)
"""What docker-py raises where the daemon cannot be asked."""
ANSWER_S = 30
"""How long the daemon may take to create, start, inspect or remove a container: it needs
0.02 to 0.2 s, and some seconds where the machine is short of everything."""
BEAT_S = 2.0
"""Time between two questions whether the daemon is there, while a run goes on."""
BEAT_ANSWER_S = 10
"""How long it may take to say so."""


def connect(answer_s: int = ANSWER_S) -> Any:
    """Return a client whose every request but a build has a time limit. Raises HostError without
    a daemon."""
    where = os.environ.get("DOCKER_HOST") or "its default socket"
    with translated(f"talking to Docker at {where}"):
        try:
            client: Any = docker.from_env(timeout=BEAT_ANSWER_S)
        except ValueError as error:  # such as a port beyond 65535
            raise HostError(
                f"DOCKER_HOST={where} makes no sense: {error}", hint="correct or unset it"
            ) from error
        client.api.timeout = answer_s
        client.api.request = _limited(client.api.request, answer_s)
    return client


def _limited(request: Callable[..., Any], answer_s: int) -> Callable[..., Any]:
    """Give a time limit to requests that docker-py gives none, such as to attach, to wait and to
    list events: a frozen daemon would hold them for ever. A build may be silent for long."""

    def limited(method: str, url: str, **options: Any) -> Any:
        if options.get("timeout") is None and not url.endswith("/build"):
            options["timeout"] = answer_s
        return request(method, url, **options)

    return limited


@cache
def start_reaper(label: str) -> None:
    """Start the process that removes the containers with this label if we are killed, once.

    Only for a daemon behind a socket file; for another one the next sweep does it.
    """
    scheme, _, path = str(parse_host(os.environ.get("DOCKER_HOST"))).partition("://")
    if scheme != "http+unix":
        return
    script = str(files("memtune.execute") / "reaper.py")
    reaper = subprocess.Popen(
        [sys.executable, "-I", "-S", script, path, label],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # no Ctrl-C of a terminal reaches it
    )

    def release() -> None:
        with suppress(OSError, subprocess.TimeoutExpired):
            reaper.communicate(b".", timeout=1)

    atexit.register(release)


class Heartbeat:
    """Asks the daemon every two seconds whether it is there, until it is stopped.

    A frozen daemon closes no stream: without this a run would look as if it took too long.
    """

    def __init__(self, api: Any) -> None:
        self.lost = ""
        """What happened to the daemon; empty while it answers."""
        self._api = api
        self._stop = threading.Event()

    def start(self) -> None:
        """Go on in the background."""
        threading.Thread(target=self._beat, name="memtune-heartbeat", daemon=True).start()

    def stop(self) -> None:
        """End the thread; does not wait for it."""
        self._stop.set()

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                self._api.ping()
            except docker.errors.APIError:  # an angry answer is an answer
                continue
            except FAILURES as error:
                self.lost = gone(error)
                return


def gone(error: Exception) -> str:
    """Say that the daemon, asked with ``BEAT_ANSWER_S`` to answer, is not there any more."""
    if _late(error):
        return f"the Docker daemon has not answered for {BEAT_ANSWER_S} s"
    return f"the Docker daemon went away in mid-run ({words(error)})"


@contextmanager
def translated(doing: str) -> Iterator[None]:
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
    except docker.errors.APIError as error:
        what, hint = _refusal(error)
        raise HostError(f"{doing}: {what}", hint=hint) from error
    except FAILURES as error:
        if _late(error):
            raise HostError(
                f"{doing}: the Docker daemon does not answer in time",
                hint="it hangs, or the machine is overloaded: try `docker ps`, restart Docker",
            ) from error
        raise HostError(
            f"{doing}: {words(error)}",
            hint="is the daemon running and may this user talk to it? `memtune doctor` tells; "
            "`--executor local` does without Docker",
        ) from error


def _refusal(error: docker.errors.APIError) -> tuple[str, str]:
    """Say what the daemon refuses, and what to do."""
    text = str(error.explanation or words(error))
    if "/bin/sh" in text and "no such file" in text:
        return "the image has no /bin/sh", (
            "memtune starts every workload through it: use an image that has it"
        )
    if "no space left" in text:
        return text, "make room on the disk that Docker keeps its data on: docker system prune"
    return text, "the daemon answers and refuses: its own log tells why; see `memtune doctor`"


def words(error: BaseException) -> str:
    """Return what the system said where an exception stems from it, else its own first line."""
    return _system_words(error) or str(error).strip().partition("\n")[0] or type(error).__name__


def _system_words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    causes = (error.__cause__, error.__context__, *error.args)
    found = (_system_words(cause) for cause in causes if isinstance(cause, BaseException))
    return next(filter(None, found), "")


def _late(error: Exception) -> bool:
    timeouts = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
    return isinstance(error.__cause__ or error, timeouts)
