"""Made-up deployments that the tests export."""

from collections.abc import Mapping, Sequence

from memtune.model import Kind, Settings
from memtune.model.export import Deployed, Deployment
from memtune.units import MIB

HOSTILE = (
    "", "plain", "a b", " padded ", "it's", 'say "hi"', "$HOME", "${HOME}", "$$", "$(id)", "`id`",
    "a#b", "a # b", "#", "back\\slash", "\\", "two\\\\", "\\'", "100%", "%h", "é😀", "a=b", "!x",
    "{{x}}", "yes", "no", "0512", "null", "1e3", "~", "- x", "x: y", "*", "&a", "@x", "'", '"',
    "--flag=1 --other", "https://u:p@host/x?y=1&z=2", "[a, b]", "{}", "a;b|c>d", "tail\\ ",
)  # fmt: skip
"""Values that one reader or another takes for more than text."""


def program(
    env: Mapping[str, str] | None = None,
    args: Sequence[str] = (),
    *,
    name: str = "web",
    kind: Kind = Kind.SERVICE,
    command: Sequence[str] = ("python", "app.py"),
    unset: Sequence[str] = (),
    cap_bytes: int | None = 512 * MIB,
    need_bytes: int | None = 90 * MIB,
) -> Deployed:
    return Deployed(
        name=name,
        kind=kind,
        env=tuple((env or {}).items()),
        unset=tuple(unset),
        args=tuple(args),
        command=(*command, *args),
        cap_bytes=cap_bytes,
        need_bytes=need_bytes,
    )


def deployment(*programs: Deployed, cap_bytes: int = 512 * MIB) -> Deployment:
    return Deployment(
        source="study 20260101-120000-abcdef",
        workload="shop",
        settings=Settings((("workers", 1), ("side", "unlimited"))),
        cap_bytes=cap_bytes,
        why_cap="the study's: the settings passed 8 of 8 runs under it, and needed 90 MiB at most",
        headroom=0.2,
        programs=programs,
    )


def hostile() -> dict[str, str]:
    """Each value under a name of its own."""
    return {f"V{number}": value for number, value in enumerate(HOSTILE)}
