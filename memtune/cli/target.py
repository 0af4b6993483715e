"""What a command is about: which workload under which settings and cap, from its words."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memtune.cli.options import DEFAULT_CAP_BYTES, assignments, cap_bytes, headroom
from memtune.config.catalogue import load_profile, load_workload, settings_for
from memtune.errors import HostError, UsageError
from memtune.model import Image, ImageKind, Kind, Profile, Program, Settings, Workload


@dataclass(frozen=True)
class Target:
    """One settings of one workload under one cap."""

    workload: Workload
    settings: Settings
    cap_bytes: int
    profile: str
    """Name of the profile, or empty."""


def target(
    command: list[str] | None,
    workload: str | None,
    profile: str | None,
    cap: str | None,
    assigned: Sequence[str],
    headroom_share: str | None = None,
) -> Target:
    """Put a target together from a command line, or from a workload, a profile and ``--set``.

    Raises UsageError and ConfigError for what does not exist or does not fit.
    """
    if command and (workload or profile):
        raise UsageError("a command excludes a workload and a profile", hint="leave one out")
    chosen = load_profile(profile) if profile else None
    what = _ad_hoc(command) if command else load_workload(workload or _workload_of(chosen))
    if chosen and chosen.cap_for:
        what = replace(what, cap_for=chosen.cap_for)
    values = (chosen.settings.as_dict() if chosen else {}) | assignments(assigned)
    share = headroom(headroom_share, what.checks.headroom)
    return Target(
        workload=replace(what, checks=replace(what.checks, headroom=share)),
        settings=settings_for(what.space, values),
        cap_bytes=cap_bytes(
            cap, chosen.cap_bytes if chosen else None, what.default_cap_bytes, DEFAULT_CAP_BYTES
        ),
        profile=chosen.name if chosen else "",
    )


def _workload_of(chosen: Profile | None) -> str:
    return chosen.workload if chosen else "face"


def _present_directory() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise HostError(
            "the present directory has been removed", hint="change to one that exists"
        ) from None


def _ad_hoc(command: list[str]) -> Workload:
    """A workload made of a command line: this machine's file system, the present directory."""
    return Workload(
        name=os.path.basename(command[0]),
        kind=Kind.PIPELINE,
        programs=(Program(Image(ImageKind.HOST), tuple(command)),),
        directory=_present_directory(),
    )
