"""Reads what /proc tells of one process's mappings; knows nothing of memray.

Kernel document: Documentation/filesystems/proc.rst.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = re.compile(
    rb"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) [0-9a-f]+ ([0-9a-f]+:[0-9a-f]+) (\d+) *(.*)$"
)
_KIB = 1024


@dataclass(frozen=True)
class Mapping:
    """One mapping of a process."""

    start: int
    end: int
    shared: bool
    """Whether what is written shows in every process that maps it."""
    name: str
    """File, or words such as ``[heap]``; empty for private anonymous memory."""
    identity: str
    """Equal for mappings of the same file or shared object."""
    rss: int
    """Its resident pages, bytes."""
    pss: int
    """Its share of them, where others map them too, bytes."""
    private: int
    """Resident pages that no other process maps, bytes."""
    anonymous: int
    """Resident pages that belong to no file, bytes."""

    @property
    def memory(self) -> bool:
        """Whether it is shared memory: tmpfs, /dev/shm, anonymous or System V.

        A /tmp may lie on a disk too, whose device has a major number.
        """
        tmpfs = ("/tmp/",) if self.identity.startswith("00:") else ()
        made = ("/dev/shm/", "/dev/zero", "/memfd:", "/SYSV", *tmpfs)
        return self.shared and (self.name.startswith(made) or not self.name)


def mappings(text: bytes) -> Iterator[Mapping]:
    """Yield the mappings of a ``smaps`` file."""
    header: re.Match[bytes] | None = None
    fields: dict[bytes, int] = {}
    for line in text.splitlines():
        found = _HEADER.match(line)
        if found is None:
            name, _, value = line.partition(b":")
            words = value.split()
            if words and words[0].isdigit():
                fields[name] = int(words[0]) * _KIB
            continue
        if header is not None:
            yield _mapping(header, fields)
        header, fields = found, {}
    if header is not None:
        yield _mapping(header, fields)


def rollup(text: bytes) -> dict[str, int]:
    """Return the sums of a ``smaps_rollup`` file, bytes, such as ``Pss_Anon``."""
    words = (line.split() for line in text.splitlines()[1:])
    return {name[:-1].decode(): int(value) * _KIB for name, value, *_ in words}


def _mapping(header: re.Match[bytes], fields: dict[bytes, int]) -> Mapping:
    start, end, rights, device, inode, name = header.groups()
    return Mapping(
        start=int(start, 16),
        end=int(end, 16),
        shared=rights.endswith(b"s"),
        name=name.decode("utf-8", "replace"),
        identity=f"{device.decode()} {inode.decode()}",
        rss=fields.get(b"Rss", 0),
        pss=fields.get(b"Pss", 0),
        private=fields.get(b"Private_Clean", 0) + fields.get(b"Private_Dirty", 0),
        anonymous=fields.get(b"Anonymous", 0),
    )
