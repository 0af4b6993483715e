"""Holds the imports of memtune against the layout in CONTRIBUTING.md; runs no part of memtune."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import memtune

PACKAGE = Path(memtune.__file__).parent

# Each room and the rooms it may import. Imports point down; siblings do not meet.
PURE = frozenset({"model", "units", "errors"})
MEASURE = PURE | {"measure"}
DOING = frozenset(
    {
        "execute",
        "load",
        "store",
        "baselines",
        "repository",
        "config",
        "search",
        "judge",
        "stats",
        "steady",
        "steps",
        "cost",
    }
)
USE_CASES = frozenset(
    {
        "report",
        "tune",
        "aim",
        "bill",
        "floor",
        "compare",
        "soak",
        "preflight",
        "gate",
        "export",
        "history",
        "init",
        "lint",
        "diagnose",
        "validate",
        "watch",
    }
)
ROOMS: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "units": frozenset({"errors"}),
    "model": frozenset({"units", "errors"}),
    "measure": PURE,
    "execute": MEASURE,
    "load": MEASURE | {"signals"},
    "files": frozenset(),
    "signals": frozenset(),
    "store": MEASURE | {"files"},
    "baselines": PURE | {"files"},
    "repository": PURE,
    "config": MEASURE,
    "search": PURE,
    "judge": PURE,
    "stats": PURE,
    "steady": PURE,
    "cost": PURE,
    "steps": PURE | {"stats"},
    "export": PURE | {"config", "execute"},
    "lint": PURE | {"config"},
    "diagnose": PURE,
    "trial": MEASURE | DOING,
    "bill": MEASURE | DOING | {"trial"},
    "side": MEASURE | DOING | {"trial"},
    "floor": MEASURE | DOING | {"trial"},
    "compare": MEASURE | DOING | {"trial", "side"},
    "preflight": MEASURE | DOING | {"trial"},
    "soak": MEASURE | DOING | {"trial"},
    "aim": PURE | {"search"},
    "tune": MEASURE | DOING | {"trial", "aim"},
    "gate": MEASURE | DOING | {"trial", "side"},
    "history": MEASURE | DOING | {"trial"},
    "init": MEASURE | DOING | {"trial", "lint"},
    "validate": PURE | {"config", "baselines"},
    "watch": MEASURE | {"execute", "steady"},
    "report": frozenset({"model", "units"}),
    "cli": MEASURE | DOING | {"files", "signals", "trial", "side"} | USE_CASES,
    "__main__": frozenset({"cli", "errors"}),
    "__init__": frozenset(),
    "face": frozenset(),
    "guard": frozenset(),
}

# Third-party packages with one home (a room, or one module of it).
HOMES: dict[str, tuple[str, ...]] = {
    "distributed": ("memtune.execute",),
    "altair": ("memtune.report.html",),
    "docker": ("memtune.execute",),
    "gevent": ("memtune.load.clients",),
    "jinja2": ("memtune.report.html",),
    "locust": ("memtune.load.clients",),
    "memray": ("memtune.measure",),
    "plotext": ("memtune.report.console",),
    "prometheus_client": ("memtune.report.formats.openmetrics",),
    "psutil": ("memtune.measure", "memtune.guard"),
    "ruptures": ("memtune.steps",),
    "rich": ("memtune.cli", "memtune.report.console"),
    "typer": ("memtune.cli",),
    "vl_convert": ("memtune.report.html",),
    "yaml": ("memtune.config",),
}

# Pure rooms: the standard library, and what stands here.
PURE_EXTRAS: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "export": frozenset({"dotenv"}),
    "units": frozenset(),
    "model": frozenset(),
    "search": frozenset({"numpy", "scipy"}),
    "judge": frozenset(),
    "stats": frozenset({"numpy", "scipy"}),
    "cost": frozenset({"numpy", "scipy"}),
    "steady": frozenset({"numpy", "scipy"}),
    "steps": frozenset({"numpy", "ruptures", "scipy"}),
}

# These files run inside foreign Python processes, which have no memtune. The site hook
# among them hides the process's own, and imports that.
INJECTED = "memtune.measure.inject"
INJECTED_EXTRAS = frozenset({"memray", "sitecustomize"})

LAZY = [
    "altair",
    "distributed",
    "docker",
    "face_recognition",
    "gevent",
    "jinja2",
    "locust",
    "memray",
    "numpy",
    "plotext",
    "prometheus_client",
    "psutil",
    "pydantic",
    "ruptures",
    "vl_convert",
    "yaml",
]


def test_imports_of_memtune_follow_the_layout() -> None:
    assert list(violations(PACKAGE)) == []


def test_what_is_installed_is_everything() -> None:
    listed = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())
    packages = set(listed["tool"]["setuptools"]["packages"])

    found = {file.parent.relative_to(PACKAGE.parent) for file in PACKAGE.rglob("__init__.py")}

    assert packages == {".".join(path.parts) for path in found} | {"memtune.profiles"}


def test_command_line_starts_without_the_heavy_packages() -> None:
    script = f"import memtune.cli, sys; print([m for m in {LAZY} if m in sys.modules])"

    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("units.py", "from memtune.model import Run", "units imports model"),
        ("judge.py", "import memtune.stats", "judge imports stats"),
        ("judge.py", "from memtune import model, stats", "judge imports stats"),
        ("judge.py", "from . import stats", "judge imports stats"),
        ("search/plan.py", "from ..execute.docker import go", "search imports execute"),
        ("report/html.py", "from memtune.judge import judge", "report imports judge"),
        ("measure/tree.py", "def f():\n    from memtune import cli", "measure imports cli"),
        (
            "tune.py",
            "import_module('memtune.gate')",
            "tune imports gate",
        ),
        ("face/app.py", "from memtune.errors import MemtuneError", "face imports errors"),
        ("cli/face.py", "from memtune.face import pipeline", "cli imports face"),
        ("store.py", "import docker.errors", "store imports docker"),
        ("report/html.py", "from rich.console import Console", "report imports rich"),
        ("report/html.py", "import plotext", "report imports plotext"),
        ("report/html.py", "def f():\n    import yaml", "report imports yaml"),
        ("load/driver.py", "import locust", "load imports locust"),
        ("judge.py", "import numpy as np", "judge imports numpy"),
        ("measure/inject/hook.py", "from memtune.model import Run", "inject imports memtune"),
        ("measure/inject/hook.py", "import psutil", "inject imports psutil"),
        ("measure/inject/hook.py", "from . import names", "inject imports memtune"),
        ("helpers.py", "", "helpers is no room"),
    ],
)
def test_checker_catches(tmp_path: Path, file: str, source: str, complaint: str) -> None:
    package = made_up_package(tmp_path, {file: source})

    found = list(violations(package))

    assert len(found) == 1
    assert complaint in found[0]
    assert found[0].startswith(f"memtune/{file}:")


def test_checker_accepts_what_the_layout_allows(tmp_path: Path) -> None:
    package = made_up_package(
        tmp_path,
        {
            "model.py": "from memtune import __version__\nfrom memtune.units import Bytes\n",
            "stats.py": "import math\nimport numpy as np\nfrom .model import Run\n",
            "execute/docker.py": "import docker\nfrom memtune.execute.shim import SHIM\n",
            "execute/shim.py": "from . import docker\nfrom ..measure.tree import tree\n",
            "measure/tree.py": "import psutil\n",
            "measure/inject/sitecustomize.py": "import os\nimport memray\n",
            "report/console.py": "from rich.table import Table\n",
            "report/html.py": "from memtune.report.console import render\n",
            "cli/tune.py": "import typer\nfrom memtune import model, tune\n",
            "face/app.py": "import numpy\nfrom memtune.face.cache import Cache\n",
            "face/cache.py": "",
        },
    )

    assert list(violations(package)) == []


def made_up_package(folder: Path, files: dict[str, str]) -> Path:
    """A package memtune in which each of the rooms exists, with some files of its own."""
    package = folder / "memtune"
    package.mkdir()
    for name, source in ({f"{room}.py": "" for room in ROOMS} | files).items():
        target = package / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source)
    return package


def violations(package: Path) -> Iterator[str]:
    """Each import below `package` that breaks a rule, as "memtune/FILE:LINE: what it imports"."""
    for path in sorted(package.rglob("*.py")):
        module = module_name(path.relative_to(package.parent))
        place = path.relative_to(package.parent).as_posix()
        room = room_of(module)
        if room not in ROOMS:
            yield f"{place}:1: {room} is no room: give it a place in ROOMS and CONTRIBUTING.md"
            continue
        for line, target in imports(path, module):
            if complaint := complaint_about(module, room, target):
                yield f"{place}:{line}: {complaint}"


def module_name(path: Path) -> str:
    """memtune/cli/tune.py -> memtune.cli.tune; packages keep their "__init__"."""
    return ".".join(path.with_suffix("").parts)


def room_of(module: str) -> str:
    """memtune.cli.tune -> cli; memtune itself -> __init__."""
    return [*module.split("."), "__init__"][1]


def imports(path: Path, module: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in the file, at whatever depth it stands."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        match node:
            case ast.Import(names=names):
                for name in names:
                    yield node.lineno, name.name
            case ast.ImportFrom(module=base, names=names, level=level):
                origin = absolute(module, base, level)
                for name in names:
                    yield node.lineno, f"{origin}.{name.name}"
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module"),
                args=[ast.Constant(value=str(target)), *_],
            ):
                yield node.lineno, target


def absolute(module: str, base: str | None, level: int) -> str:
    """What "from <level dots><base> import" in `module` starts from."""
    if level == 0:
        return base or ""
    parents = module.split(".")[:-level]
    return ".".join([*parents, *([base] if base else [])])


def complaint_about(module: str, room: str, target: str) -> str | None:
    """Why `module` may not import `target` (a dotted name), or None."""
    top = target.split(".")[0]
    if within(module, INJECTED):
        if top in sys.stdlib_module_names | INJECTED_EXTRAS:
            return None
        return f"inject imports {top}: only the standard library and memray"
    if top == "memtune":
        return complaint_about_room(room, room_of(target))
    homes = HOMES.get(top)
    if homes and not any(within(module, home) for home in homes):
        return f"{room} imports {top}: only {' and '.join(homes)} may"
    extras = PURE_EXTRAS.get(room)
    if extras is not None and top not in sys.stdlib_module_names | extras:
        return f"{room} imports {top}: it is pure"
    return None


def complaint_about_room(room: str, target: str) -> str | None:
    """Why `room` may not import the room `target`; a name that is no room is memtune's own."""
    if target in {room, "__init__"} or target not in ROOMS or target in ROOMS[room]:
        return None
    return f"{room} imports {target}: allowed are {', '.join(sorted(ROOMS[room])) or 'none'}"


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def test_every_console_shows_texts_as_they_are() -> None:
    """rich takes ``errors[db]`` and ``a:b:c`` for markup, but in common.literal's consoles."""
    makers = [
        str(file.relative_to(PACKAGE))
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(("Console", "get_console", "from_markup"))
    ]

    assert makers == ["report/console/common.py"]
