"""A project's directory -> its programs, each with all that its files say of it."""

import json
import posixpath
import re
from dataclasses import replace
from pathlib import Path

from memtune.errors import UsageError
from memtune.init import code
from memtune.init.compose import Composed, compose_file, plain_name, read_services
from memtune.init.found import Build, Known, Part, Project
from memtune.init.image import ImageFacts, joined, read_image
from memtune.lint.facts import Kind, SourceFile
from memtune.lint.packages import WEB_PACKAGES
from memtune.lint.services import Service, services
from memtune.lint.tree import read_tree

_DOCKERFILE = re.compile(r"(?i)(.*\.)?(dockerfile|containerfile)(\..*)?")
_DOCKER_FOLDERS = frozenset({"docker", ".docker", "deploy", "deployment", "build", "container"})
_PROCESS = re.compile(r"^([\w-]+):[ \t]*(\S.*)$", re.MULTILINE)
_RENDER_HEALTH = re.compile(r"^\s*(?:- )?healthCheckPath:\s*[\"']?(/[^\s\"'#]*)", re.MULTILINE)
_CODE = (".py", ".js", ".cjs", ".mjs", ".ts")
DEFAULT_PORT = 8000
"""Where a program listens that takes any port in the variable PORT."""


def detect(directory: Path) -> Project:
    """Return what a project's files say.

    Raises UsageError where nothing in them can be executed.
    """
    files, _ = read_tree(directory)
    reader = _Reader(files)
    name = plain_name(directory.resolve().name) or "project"
    compose = compose_file(files)
    composed, notes = read_services(compose) if compose else ([], [])
    if composed:
        parts = _renamed([reader.composed(one) for one in composed])
    else:
        parts = [reader.built(source) for source in _dockerfiles(files)]
    if not parts:
        host = reader.host()
        parts = [host] if host else []
    if not parts:
        raise UsageError(
            f"nothing in {directory} says what could be executed",
            hint="it needs a Dockerfile, a compose file with build:, a Procfile, a package.json "
            "with a start script, or a Python file with a __main__",
        )
    return _one_kind(Project(name, tuple(parts), tuple(notes)))


def _renamed(parts: list[Part]) -> list[Part]:
    """Services of a compose file under names that memtune knows, in each other's URLs too."""
    names = {part.name: plain_name(part.name) or "service" for part in parts}
    changed = {old: new for old, new in names.items() if old != new}
    if not changed:
        return parts
    hosts = re.compile(r"(?<=//)(" + "|".join(map(re.escape, changed)) + r")(?=[:/]|$)")
    return [
        replace(
            part,
            name=names[part.name],
            env=tuple((k, hosts.sub(lambda m: changed[m[1]], v)) for k, v in part.env),
        )
        for part in parts
    ]


def _one_kind(project: Project) -> Project:
    """A workload is one pipeline, or services: of several programs the services are taken."""
    parts = project.parts
    for position, part in enumerate(parts):
        for other in parts[:position]:
            if part.name == other.name:
                raise UsageError(
                    f"two programs are called {part.name}: in {other.directory or '.'} and in "
                    f"{part.directory or '.'}",
                    hint=f"choose one: memtune init {part.directory or '.'}",
                )
            if part.port and other.port and part.port.value == other.port.value:
                raise UsageError(
                    f"{other.name} and {part.name} both listen on port {part.port.value} "
                    f"({other.port.source}; {part.port.source})",
                    hint="services of one run share a network: give each a port of its own, or "
                    f"choose one: memtune init {part.directory or '.'}",
                )
    if len(parts) == 1:
        return project
    answering = tuple(part for part in parts if part.answers)
    if not answering:
        raise UsageError(
            f"several programs that end by themselves: {', '.join(part.name for part in parts)}",
            hint=f"choose one: memtune init {parts[0].directory or '.'}",
        )
    others = [part.name for part in parts if not part.answers]
    notes = tuple(f"{name} is left out: it answers no requests" for name in others)
    return replace(project, parts=answering, notes=project.notes + notes)


def _dockerfiles(files: list[SourceFile]) -> list[SourceFile]:
    """The Dockerfile at the top, else one of each directory that has any."""
    found: dict[str, SourceFile] = {}
    for source in files:
        if _DOCKERFILE.fullmatch(source.name):
            held = found.get(source.directory)
            if held is None or source.name == "Dockerfile":
                found[source.directory] = source
    top = [one for folder, one in found.items() if folder == "" or folder in _DOCKER_FOLDERS]
    return top[:1] or sorted(found.values(), key=lambda source: source.path)


class _Reader:
    def __init__(self, files: list[SourceFile]) -> None:
        self._files = files
        self._services, _ = services(files, None)

    def composed(self, one: Composed) -> Part:
        """A service of a compose file: what stands there wins over its Dockerfile."""
        path = posixpath.normpath(posixpath.join(one.context, one.dockerfile))
        source = next((file for file in self._files if file.path == path), None)
        image = read_image(source) if source else ImageFacts()
        entrypoint = one.entrypoint or image.entrypoint
        arguments = one.command or (None if one.entrypoint else image.command)
        part = Part(
            name=one.name,
            directory=one.context,
            build=Known(Build(one.context or ".", one.dockerfile), "build in the compose file"),
            command=joined(entrypoint, arguments),
            cap_bytes=one.cap_bytes,
            env=one.env,
            unset=one.unset,
        )
        return self._completed(part, image, one.port, one.health)

    def built(self, source: SourceFile) -> Part:
        """A Dockerfile by itself."""
        folder = source.directory
        context = "" if folder in _DOCKER_FOLDERS and not self._code(folder) else folder
        image = read_image(source)
        dockerfile = posixpath.relpath(source.path, context or ".")
        part = Part(
            name=plain_name(posixpath.basename(context)) or "web",
            directory=context,
            build=Known(Build(context or ".", dockerfile), source.path),
            command=image.whole,
        )
        return self._completed(part, image, None, None)

    def host(self) -> Part | None:
        """A project without an image: what can be executed on this machine as it is."""
        command = self._procfile() or self._package_json() or self._python()
        if command is None and not any(file.name.endswith(_CODE) for file in self._files):
            return None
        return self._completed(Part("web", "", None, command), ImageFacts(), None, None)

    def _completed(
        self, part: Part, image: ImageFacts, port: Known[int] | None, check: Known[str] | None
    ) -> Part:
        """Add what environment, command, code and deployment files say."""
        service = self._service(part.directory)
        sources = self._code(part.directory)
        command = part.command or self._procfile(part.directory)
        words = command.value if command else ()
        env = dict(image.env) | dict(part.env)
        unset = (*part.unset, *code.must_be_set(sources, {*env, *(u.value for u in part.unset)}))
        check = check or image.health
        found = (
            code.port_of_command(words, env, command.source if command else "")
            or _variable_port(env)
            or port
            or image.port
            or code.port_of_code(sources)
            or code.port_of_server(words)
        )
        if found is None and code.takes_port(words):
            found = Known(DEFAULT_PORT, "assumed: the command takes any PORT")
        listens = code.takes_port(words) and "PORT" not in env and found
        if listens:
            part = replace(part, env=(*part.env, ("PORT", str(listens.value))))
        return replace(
            part,
            command=command,
            answers=found is not None or (service is not None and _surely_answers(service)),
            port=found,
            health=(code.health_of_check(check.value, check.source) if check else None)
            or self._render_health(part.directory)
            or code.health_of_code(sources),
            cap_bytes=part.cap_bytes or _cap(service),
            unset=tuple(one for one in unset if one.value != "PORT"),
        )

    def _service(self, directory: str) -> Service | None:
        return next((one for one in self._services if one.directory == directory), None)

    def _code(self, directory: str) -> list[SourceFile]:
        """The code that belongs to a directory, and not to a service below it."""
        own = {one.directory for one in self._services if one.directory != directory}
        return [
            file
            for file in self._files
            if file.name.endswith(_CODE)
            and _is_below(file.directory, directory)
            and not any(
                _is_below(file.directory, other) and _is_below(other, directory) for other in own
            )
        ]

    def _named(self, directory: str, name: str) -> SourceFile | None:
        path = f"{directory}/{name}" if directory else name
        return next((file for file in self._files if file.path == path), None)

    def _procfile(self, directory: str = "") -> Known[tuple[str, ...]] | None:
        source = self._named(directory, "Procfile")
        found = list(_PROCESS.finditer(source.text)) if source else []
        if not source or not found:
            return None
        chosen = next((one for one in found if one[1] == "web"), found[0])
        return Known(
            code.words_of(chosen[2].strip()), f"{chosen[1]} in {code.at(source, chosen.start())}"
        )

    def _package_json(self) -> Known[tuple[str, ...]] | None:
        source = self._named("", "package.json")
        try:
            data = json.loads(source.text) if source else None
        except (ValueError, RecursionError):
            return None
        if not isinstance(data, dict):
            return None
        scripts = data.get("scripts")
        start = scripts.get("start") if isinstance(scripts, dict) else None
        if isinstance(start, str) and start.strip():
            words = code.words_of(start)
            # What npm puts into the path is found through npm alone, which takes 40 MB itself.
            words = words if words[0] == "node" else ("npm", "start")
            return Known(words, "the start script in package.json")
        main = data.get("main")
        return Known(("node", main), "main in package.json") if isinstance(main, str) else None

    def _python(self) -> Known[tuple[str, ...]] | None:
        found = code.mains(self._files, "")
        if len(found) == 1 or (found and code.is_usual(found[0])):
            return Known(("python", found[0].name), f"{found[0].path} has a __main__")
        return None

    def _render_health(self, directory: str) -> Known[str] | None:
        """render.yaml's path, where the facts say that it is about this directory."""
        service = self._service(directory)
        for fact in service.facts.of(Kind.HEALTH) if service else ():
            if fact.what == "healthCheckPath" and fact.at.line:
                source = next(file for file in self._files if file.path == fact.at.file)
                line = source.text.split("\n")[fact.at.line - 1]
                if found := _RENDER_HEALTH.match(line):
                    return Known(found[1], f"healthCheckPath in {fact.at.file}:{fact.at.line}")
        return None


def _is_below(path: str, directory: str) -> bool:
    return not directory or path == directory or path.startswith(f"{directory}/")


def _variable_port(env: dict[str, str]) -> Known[int] | None:
    port = env.get("PORT", "")
    return Known(int(port), "the variable PORT") if re.fullmatch(r"\d{2,5}", port) else None


def _surely_answers(service: Service) -> bool:
    """Whether more than a required package says that it answers requests."""
    return any(fact.what not in WEB_PACKAGES for fact in service.facts.of(Kind.ANSWERS))


def _cap(service: Service | None) -> Known[int] | None:
    if service is None or service.cap is None:
        return None
    return Known(service.cap.bytes, service.cap.source)
