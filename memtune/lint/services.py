"""Files -> services: which facts belong together, because they reach the same process."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from memtune.errors import ConfigError
from memtune.lint.command import gunicorn_arguments, options
from memtune.lint.deploy import Deployed, read_compose, read_render
from memtune.lint.dockerfile import read_dockerfile
from memtune.lint.facts import Cap, Command, Fact, Facts, Kind, Setting, SourceFile
from memtune.lint.javascript_code import read_javascript
from memtune.lint.packages import (
    read_package_json,
    read_procfile,
    read_pyproject,
    read_requirements,
    read_shell,
)
from memtune.lint.python_code import Unreadable, read_python
from memtune.model.lint import Skip

_PARSERS: tuple[tuple[re.Pattern[str], Callable[[SourceFile], Facts]], ...] = (
    (re.compile(r"package\.json"), read_package_json),
    (re.compile(r"(?i)procfile"), read_procfile),
    (re.compile(r"pyproject\.toml"), read_pyproject),
    (re.compile(r".*\.(txt|in)"), read_requirements),
    (re.compile(r".*\.py"), read_python),
    (re.compile(r".*\.(js|cjs|mjs|ts)"), read_javascript),
    (re.compile(r".*\.sh"), read_shell),
    (re.compile(r"(?i).*(dockerfile|containerfile).*"), read_dockerfile),
)
_DEPLOYMENTS: tuple[tuple[re.Pattern[str], Callable[[SourceFile], list[Deployed]]], ...] = (
    (re.compile(r"render\.ya?ml"), read_render),
    (re.compile(r".*compose.*\.ya?ml"), read_compose),
)
_DOCKERFILE = re.compile(r"(?i)(.*\.)?(dockerfile|containerfile)(\..*)?")
_ROOTS = re.compile(
    r"(?i)package\.json|requirements[\w.-]*\.(txt|in)|pyproject\.toml|procfile|"
    + _DOCKERFILE.pattern.removeprefix("(?i)")
)
_DOCKER_FOLDERS = frozenset({"docker", ".docker", "deploy", "deployment", "build", "container"})
_GUNICORN_OPTIONS = {
    "-w": "workers", "--workers": "workers", "--threads": "threads", "-k": "worker_class",
    "--worker-class": "worker_class",
}  # fmt: skip
_NPROC = re.compile(r"nproc|cpu_count|NUMBER_OF_PROCESSORS")
_ALLOCATORS = re.compile(r"jemalloc|mimalloc|tcmalloc")


@dataclass(frozen=True)
class Service:
    """All that is known of one directory with a service."""

    directory: str
    """"" for the top."""
    facts: Facts
    cap: Cap | None
    """The smallest that is named; absent where none is."""

    @property
    def answers(self) -> bool:
        """Whether it is seen to answer requests."""
        return self.facts.has(Kind.ANSWERS)

    def setting(self, name: str) -> Setting | None:
        """Return an environment variable that is set, wherever that stands."""
        return next((one for one in self.facts.settings if one.name == name), None)

    def gunicorn(self, name: str) -> Setting | None:
        """Return a setting of gunicorn; its command line wins over its file."""
        return next((one for one in self.facts.gunicorn if one.name == name), None)


def services(files: list[SourceFile], cap: Cap | None) -> tuple[list[Service], list[Skip]]:
    """Return the services of a project; a cap that is given holds for all of them."""
    skipped: list[Skip] = []
    deployed = [one for source in files for one in _deployments(source, skipped)]
    roots = _roots(files) | {one.directory for one in deployed}
    homes = {one.dockerfile: one.directory for one in deployed}
    found: dict[str, Facts] = {}
    parts = [(one.directory, one.facts) for one in deployed]
    parts += [(homes.get(one.path, one.directory), _read(one, skipped)) for one in files]
    for directory, facts in parts:
        root = _root_of(directory, roots)
        found[root] = found.get(root, Facts()) + facts
    return [_service(root, found[root], cap) for root in sorted(found)], skipped


def _deployments(source: SourceFile, skipped: list[Skip]) -> list[Deployed]:
    """What a compose file or a render.yaml says; it speaks of other directories."""
    for pattern, read in _DEPLOYMENTS:
        if pattern.fullmatch(source.name):
            try:
                return read(source)
            except ConfigError as error:
                skipped.append(Skip(str(error.where or source.path), error.message))
    return []


def _read(source: SourceFile, skipped: list[Skip]) -> Facts:
    try:
        for pattern, read in _PARSERS:
            if pattern.fullmatch(source.name):
                return read(source)
    except ConfigError as error:
        skipped.append(Skip(str(error.where or source.path), error.message))
    except Unreadable as error:
        skipped.append(Skip(source.path, str(error)))
    return Facts()


def _roots(files: list[SourceFile]) -> frozenset[str]:
    """Directories that hold a service: those with a package file or a Dockerfile.

    A directory like ``docker/`` that has nothing but Dockerfiles belongs to the one above it.
    """
    code = {one.directory for one in files if one.name.endswith((".py", ".js", ".ts", ".mjs"))}
    roots = {""}
    for one in files:
        folder = one.directory.rpartition("/")[2]
        if not _ROOTS.fullmatch(one.name) or folder == "requirements":
            continue
        of_docker = _DOCKERFILE.fullmatch(one.name) and folder in _DOCKER_FOLDERS
        if not of_docker or one.directory in code:
            roots.add(one.directory)
    return frozenset(roots)


def _root_of(directory: str, roots: frozenset[str]) -> str:
    while directory not in roots:
        directory = directory.rpartition("/")[0]
    return directory


def _service(directory: str, facts: Facts, given: Cap | None) -> Service:
    started = [s for one in facts.commands for s in _gunicorn(one)]
    for one in facts.settings:
        if one.name == "GUNICORN_CMD_ARGS":
            started += _gunicorn_settings(one.value.split(), one)
        elif one.name == "WEB_CONCURRENCY" and (started or facts.gunicorn):
            started.append(Setting("workers", one.value, one.at))
    allocators = [Fact(Kind.ALLOCATOR, one.at, one.value) for one in facts.settings
                  if one.name == "LD_PRELOAD" and _ALLOCATORS.search(one.value)]  # fmt: skip
    own_env = tuple(s for one in facts.commands for s in one.env)
    together = facts + Facts(facts=tuple(allocators), settings=own_env)
    together = Facts(
        together.settings,
        together.commands,
        (*started, *together.gunicorn),
        together.packages,
        together.facts + ((Fact(Kind.ANSWERS, started[0].at, "gunicorn"),) if started else ()),
        together.caps,
        together.languages | ({"python"} if started else frozenset()),
    )
    return Service(directory, together, given or min(facts.caps, key=_bytes, default=None))


def _bytes(cap: Cap) -> int:
    return cap.bytes


def _gunicorn(command: Command) -> list[Setting]:
    arguments = gunicorn_arguments(command)
    if arguments is None:
        return []
    at = Setting("", "", command.at)
    return [Setting("started", "yes", command.at), *_gunicorn_settings(arguments, at)]


def _gunicorn_settings(arguments: list[str], where: Setting) -> list[Setting]:
    found = []
    for option, value in options(arguments):
        if option == "--preload":
            found.append(Setting("preload_app", "True", where.at))
        elif option in _GUNICORN_OPTIONS:
            shown = "cpus" if _NPROC.search(value) else value
            found.append(Setting(_GUNICORN_OPTIONS[option], shown, where.at))
    return found
