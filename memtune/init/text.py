"""What was found -> the text of the files: YAML that is meant to be read, changed and reviewed."""

import json
import re
import textwrap
from collections.abc import Iterator

from memtune.init.budget import MARGIN, Budgeted
from memtune.init.found import Known, Part, Project, T
from memtune.units import GIB, KIB, MIB, format_bytes

WORKLOAD = "memtune.workload.yaml"
SCHEMAS = ".memtune-schema"
"""Directory of the JSON schemas, for editors."""
DEFAULT_CAP = Known(512 * MIB, "assumed: no compose file and no plan names it")
DEFAULT_HEALTH = Known("/", "assumed: no route and no check for health was found")
_PLAIN = re.compile(
    r"(?:-{1,2}(?=[A-Za-z])|\.{1,2}(?=/))?[A-Za-z_/][\w./@+=-]*(?::[\w./@+=-]+)*", re.ASCII
)
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def workload_text(project: Project) -> str:
    """Return the workload file of a project whose open questions are answered."""
    lines = [
        f"# yaml-language-server: $schema={SCHEMAS}/workload.json",
        "# What memtune executes, as `memtune init` found it; change whatever does not fit.",
        *(line for note in project.notes for line in _wrapped(f"Note: {_comment(note)}.")),
        "version: 1",
        f"name: {project.name}",
        f"kind: {'service' if project.answers else 'pipeline'}",
    ]
    cap = _cap(project)
    lines.append(_with_source(f"cap: {size(cap.value)}", cap))
    if project.answers:
        lines += ["services:", *_services(project, cap.value), *_load(project)]
    else:
        lines += [*_program(project.parts[0]), *_knobs()]
    return "\n".join(lines) + "\n"


def _cap(project: Project) -> Known[int]:
    """The cap of all services that have none of their own."""
    named = [part.cap_bytes for part in project.parts if part.cap_bytes]
    if len(named) < len(project.parts):
        return DEFAULT_CAP
    return max(named, key=lambda cap: cap.value)


def _services(project: Project, cap_bytes: int) -> Iterator[str]:
    for part in project.parts:
        assert part.port is not None  # asked for where it was not found
        health = part.health or DEFAULT_HEALTH
        yield f"  {part.name}:"
        for line in _program(part):
            yield f"    {line}"
        yield "    " + _with_source(f"port: {part.port.value}", part.port)
        yield "    " + _with_source(f"health: {scalar(health.value)}", health)
        if part.cap_bytes and part.cap_bytes.value != cap_bytes:
            yield "    " + _with_source(f"cap: {size(part.cap_bytes.value)}", part.cap_bytes)


def _program(part: Part) -> Iterator[str]:
    if part.build is None:
        yield "image: host  # this machine's file system and memtune's Python, nothing is built"
    elif part.build.value.dockerfile == "Dockerfile":
        yield f"build: {scalar(part.build.value.context)}"
    else:
        context, dockerfile = part.build.value.context, part.build.value.dockerfile
        yield f"build: {{ context: {scalar(context)}, dockerfile: {scalar(dockerfile)} }}"
    assert part.command is not None  # asked for where it was not found
    words = ", ".join(map(scalar, part.command.value))
    yield _with_source(f"command: [{words}]", part.command)
    if part.env:
        yield "env:"
        for name, value in part.env:
            yield f"  {name}: {scalar(value)}"
    elif part.unset:
        yield "# env:"
    for one in part.unset:
        begin = "  # " if part.env else "#   "
        yield f"{begin}{one.value}:  # needed by {_comment(one.source)}; no file sets it"


def _load(project: Project) -> Iterator[str]:
    front = project.parts[0]
    yield ""
    yield "load:"
    yield "  # Only health is asked for. Calls like those of your clients give figures that count:"
    yield f"  #   - {{ name: login, post: {front.name}/login, json: {{ user: ana }} }}"
    yield f"  #   - {{ name: upload, post: {front.name}/files, form: {{ file: '@photos/1.jpg' }} }}"
    yield "  calls:"
    for part in project.parts:
        path = (part.health or DEFAULT_HEALTH).value
        name = "health" if len(project.parts) == 1 else f"health {part.name}"
        yield f"    - {{ name: {scalar(name)}, get: {scalar(part.name + path)} }}"
    yield "  concurrency: 4"
    yield "  requests: 200"


def _knobs() -> Iterator[str]:
    yield ""
    yield "# What can be turned, for `memtune recommend`; the conservative end first:"
    yield "# space:"
    yield "#   workers: { values: [1, 2, 4], env: WORKERS }"


def budgets_text(name: str, budget: Budgeted) -> str:
    """Return the budget file with one scenario."""
    more = f"{MARGIN:.0%}".replace("%", " % more")
    need = f"{budget.runs} runs needed {format_bytes(budget.need_bytes)} at most"
    why = "this is all that its cap allows" if budget.is_capped else f"this is {more}"
    cap = f"\n    cap: {size(budget.cap_bytes)}" if budget.names_cap else ""
    return f"""\
# yaml-language-server: $schema={SCHEMAS}/budgets.json
# What `memtune check` holds every change against.
version: 1
scenarios:
  {name}:
    workload: {WORKLOAD}{cap}
    # {need}; {why}.
    max: {size(budget.max_bytes)}
    # How much more than its baseline it may need. `memtune baseline update` writes the baseline
    # into memtune.lock.json; without one the check fails.
    growth: {{ fail: 5%, warn: 3%, floor: {size(_floor(budget.need_bytes))} }}
"""


def _floor(need_bytes: float) -> int:
    """4 MiB, or less where that would be more than the share that fails."""
    step = 64 * KIB
    return max(step, min(4 * MIB, int(0.05 * need_bytes) // step * step))


def size(count: int) -> str:
    """Return bytes as a file has them: ``512MiB``, exactly."""
    for factor, unit in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if count % factor == 0:
            return f"{count // factor}{unit}"
    return f"{count}B"


def scalar(text: str) -> str:
    """Return a text as YAML that is read as that text, quoted where it has to be."""
    if (_PLAIN.fullmatch(text) and text.lower() not in _WORDS) or text == ".":
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="#   ")


def _with_source(line: str, known: Known[T]) -> str:
    return f"{line}  # {_comment(known.source)}"


def _comment(text: str) -> str:
    """A text that stays within its line: names of files may hold anything."""
    return "".join(character if character.isprintable() else "?" for character in text)
