"""The end of a container whose removal the daemon has begun already."""

from typing import Any

import docker.errors
import requests

from memtune.execute.container import Container


class Removing:
    """A daemon that removes the container by itself, and lets others wait for that."""

    def __init__(self, refusal: docker.errors.APIError) -> None:
        self._refusal = refusal
        self.asked: list[tuple[str, str]] = []

    def remove_container(self, identity: str, **_: Any) -> None:
        raise self._refusal

    def wait(self, identity: str, condition: str) -> None:
        self.asked.append((identity, condition))
        raise docker.errors.NotFound("404", requests.Response(), "No such container")


def test_a_removal_that_goes_on_is_waited_for() -> None:
    refusal = docker.errors.APIError("409", requests.Response(), "removal is already in progress")
    daemon = Removing(refusal)

    Container(daemon, daemon, "web", ()).remove()

    assert daemon.asked == [("web", "removed")]
