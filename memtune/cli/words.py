"""The words that a shell completes, each with what it means: what may stand where a command takes a
workload, a profile, a study and so on.

They come from files that somebody else may have written, and some shells evaluate them: words with
other characters than those of names and paths are left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from memtune.store.glance import Known

HAVE_PAGES = ("recommend", "profile", "soak", "compare", "bill")
"""Commands whose studies ``memtune report`` shows as a page."""
Offered = list[tuple[str, str]]
_WORD = re.compile(r"[\w.,:=%@+/-]+")
_UNSPEAKABLE = re.compile(r"[^\w .,:=%+/-]+")
_LONGEST_HELP = 60


def one_of(choices: str) -> Callable[[str], Offered]:
    """Return what completes an option whose words stand in its ``metavar``, as ``warm|cold``."""

    def complete(incomplete: str) -> Offered:
        return _offered((choice, "") for choice in choices.split("|"))

    return complete


def one_of_files(formats: str) -> Callable[[str], Offered]:
    """Return what completes ``FORMAT:PATH``, up to the path."""
    return one_of("|".join(f"{name}:" for name in formats.split("|")))


def one_of_maybe_files(formats: str) -> Callable[[str], Offered]:
    """Return what completes ``FORMAT[:PATH]``, up to the path."""
    return one_of("|".join(f"{name}|{name}:" for name in formats.split("|")))


def workloads(incomplete: str) -> Offered:
    """Complete a workload: a built-in one, or a file."""
    from memtune.config.glance import workload_files
    from memtune.config.names import BUILT_IN

    built_in = [(name, "built-in workload") for name in BUILT_IN]
    return _offered([*built_in, *_paths(incomplete, workload_files, "workload file")])


def workload_paths(incomplete: str) -> Offered:
    """Complete the file of a workload."""
    from memtune.config.glance import workload_files

    return _offered(_paths(incomplete, workload_files, "workload file"))


def profiles(incomplete: str) -> Offered:
    """Complete a profile: a shipped one, or a file."""
    return _offered(_profiles(incomplete))


def knobs(ctx: typer.Context, incomplete: str) -> Offered:
    """Complete the name of a knob of the workload that is chosen so far, then its value."""
    return _offered(_settings(ctx, incomplete))


def plans(incomplete: str) -> Offered:
    """Complete a provider's plan."""
    from memtune.config.glance import plans as known

    return _offered(known().items())


def scenarios(ctx: typer.Context, incomplete: str) -> Offered:
    """Complete a scenario of the budget file."""
    from memtune.config.glance import scenarios as known

    return _offered((name, "scenario") for name in known(str(ctx.params.get("file") or "")))


def studies(incomplete: str) -> Offered:
    """Complete any study of this directory."""
    return _offered(_studies())


def recommended(incomplete: str) -> Offered:
    """Complete a study of recommend's."""
    return _offered(_studies(of=("recommend",)))


def studies_and_runs(incomplete: str) -> Offered:
    """Complete a study that has a page, or a run of any."""
    return _offered(
        [*_studies(of=HAVE_PAGES), *_runs(incomplete)],
    )


def sides(ctx: typer.Context, incomplete: str) -> Offered:
    """Complete what ``compare`` takes: a profile, a setting, a stored study or run, or here."""
    prefix, colon, rest = incomplete.partition(":")
    if colon and prefix == "study":
        return _offered((f"study:{name}", what) for name, what in _studies())
    if colon and prefix == "run":
        return _offered((f"run:{name}", what) for name, what in _runs(rest))
    here = ("here", "the workload as it is")
    return _offered([here, *_profiles(incomplete), *_settings(ctx, incomplete)])


def _offered(words: Iterable[tuple[str, str]]) -> Offered:
    return [
        (word, " ".join(_UNSPEAKABLE.sub(" ", what).split())[:_LONGEST_HELP])
        for word, what in words
        if _WORD.fullmatch(word)
    ]


def _profiles(incomplete: str) -> Iterator[tuple[str, str]]:
    from memtune.config.glance import profile_files
    from memtune.config.names import profile_names

    yield from ((name, "shipped profile") for name in profile_names())
    yield from _paths(incomplete, profile_files, "profile file")


def _paths(
    incomplete: str, named: Callable[[Path], list[str]], what: str
) -> Iterator[tuple[str, str]]:
    """The files and directories that begin so. A single directory is entered: shells would put a
    space behind it."""
    from memtune.config.glance import directories

    above, slash, _ = incomplete.rpartition("/")
    place = above + slash
    found = [(place + name, what) for name in named(Path(place))]
    found += [(place + name, "") for name in directories(Path(place))]
    found = [(path, means) for path, means in found if path.startswith(incomplete)]
    if len(found) == 1 and found[0][0].endswith("/"):
        yield from _paths(found[0][0], named, what)
    else:
        yield from found


def _settings(ctx: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Names with their equals sign; once one name is meant, its values with it."""
    from memtune.config.glance import knobs as known

    name, equals, _ = incomplete.partition("=")
    space = {
        knob: values
        for knob, values in known(_workload(ctx)).items()
        if (knob == name if equals else knob.startswith(name))
    }
    for knob, values in space.items():
        if len(space) == 1:
            yield from ((f"{knob}={value}", knob) for value in values)
        else:
            yield f"{knob}=", ", ".join(values)


def _workload(ctx: typer.Context) -> str:
    """What the command would execute. While an option lacks its value, typer has not told what an
    argument is."""
    from memtune.config.glance import workload_of

    named = ctx.params.get("workload")
    if named is None and ctx.args and ctx.info_name != "compare":
        named = ctx.args[0]
    profile = ctx.params.get("profile_name")
    return named or (workload_of(profile) if profile else "face")


def _studies(of: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    from memtune.store.glance import studies as known
    from memtune.store.tables import DIRECTORY

    for study in known(Path(DIRECTORY)):
        if not of or study.command in of:
            yield study.id, _was(study)


def _runs(beginning: str) -> Iterator[tuple[str, str]]:
    from memtune.store.glance import runs as known
    from memtune.store.tables import DIRECTORY

    for run in known(Path(DIRECTORY), beginning):
        yield run.id, _was(run)


def _was(known: "Known") -> str:
    result = f"{known.ruling}, {known.says}" if known.ruling else "no result yet"
    return f"{known.command} {known.workload}: {result}"
