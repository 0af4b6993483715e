"""The requests that the pipeline serves, and what the right answer to each is.

Not for serving them. People are A, B and C; the photographs' README says where
they come from and what was done to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files


class Operation(Enum):
    """What is asked of the service."""

    REGISTER = "register"
    LOGIN = "login"


@dataclass(frozen=True)
class Request:
    """One request."""

    operation: Operation
    """What is asked."""
    person: str
    """Who is on the photograph."""
    photo: str
    """File name under photos/."""
    known: bool = True
    """Whether the person should be recognised; False where they must be refused."""
    stamp: int = 0
    """Above 0: another photograph to the cache, with the same pixels."""

    def photograph(self) -> bytes:
        """Read the bytes that the request brings; decoders ignore the stamp behind the image."""
        image = files("memtune.face").joinpath("photos", self.photo).read_bytes()
        return image + b"\nphotograph %d" % self.stamp if self.stamp else image


FIRST_REGISTRATIONS = (
    Request(Operation.REGISTER, "A", "obama.jpg"),
    Request(Operation.REGISTER, "B", "biden.jpg"),
)

REFUSAL = Request(Operation.LOGIN, "C", "c_mirrored.jpg", known=False)

LATE_REGISTRATION = Request(Operation.REGISTER, "C", "astronaut.png")

LOGINS = (
    ("A", "obama2.jpg"),
    ("B", "b_mirrored.jpg"),
    ("C", "c_mirrored.jpg"),
    ("A", "a_phone_12mp.jpg"),
    ("B", "b_turned.jpg"),
    ("C", "c_darker.jpg"),
    ("A", "a_turned.jpg"),
    ("B", "b_framed_3mp.jpg"),
    ("C", "c_turned.jpg"),
    ("A", "a_mirrored.jpg"),
)
"""Person and photograph: never the one that the person was registered with."""


def phases(logins: int) -> Iterator[tuple[Request, ...]]:
    """Return the requests; those of one phase may be served in any order.

    C is refused before and recognised after the registration, from the very
    same bytes: an encoding may be cached, an answer may not.
    """
    yield FIRST_REGISTRATIONS
    yield (REFUSAL,)
    yield (LATE_REGISTRATION,)
    yield tuple(login(number) for number in range(logins))


def login(number: int) -> Request:
    """Return login `number`: the photographs in turn, from the second round on half of them new.

    New means stamped: as if taken again, so that the cache does not know it and
    long loads do not become loads of cache hits.
    """
    turn, index = divmod(number, len(LOGINS))
    person, photo = LOGINS[index]
    return Request(Operation.LOGIN, person, photo, stamp=turn if index % 2 else 0)
