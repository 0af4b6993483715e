"""Which files a project gets, and their way there: staged, read back, then put in place."""

from dataclasses import dataclass
from pathlib import Path

from memtune.config.budgets import FILE, load_scenarios
from memtune.config.catalogue import load_workload
from memtune.config.document import read
from memtune.config.json_schema import FileKind, schema_text
from memtune.config.workloads import workload
from memtune.init import place
from memtune.init.budget import Budgeted
from memtune.init.found import Project
from memtune.init.text import SCHEMAS, WORKLOAD, budgets_text, workload_text
from memtune.init.workflow import Ci, ci_of, workflow_text
from memtune.lint.tree import read_tree
from memtune.model import ImageKind, Workload
from memtune.repository import find


@dataclass(frozen=True)
class Layout:
    """Where a project's files of memtune lie."""

    directory: Path
    ci: Ci

    @classmethod
    def of(cls, directory: Path, name: str) -> "Layout":
        """Find the repository and say where files go; raises HostError where git refuses."""
        return cls(directory, ci_of(directory, name, find(directory)))

    @property
    def workload(self) -> Path:
        """What is executed."""
        return self.directory / WORKLOAD

    @property
    def schemas(self) -> dict[FileKind, Path]:
        """For editors."""
        kinds = (FileKind.WORKLOAD, FileKind.BUDGETS)
        return {kind: self.directory / SCHEMAS / f"{kind}.json" for kind in kinds}

    @property
    def budgets(self) -> Path:
        """What it may need."""
        return self.directory / FILE

    def refuse_existing(self, *, with_workload: bool, force: bool) -> None:
        """Raise UsageError where a file is there already."""
        files: dict[Path, str | None] = {self.workload: None} if with_workload else {}
        files[self.budgets] = None
        files |= {file: schema_text(kind) for kind, file in self.schemas.items()}
        files |= {self.ci.file: None} if self.ci.file else {}
        place.refuse_existing(self.ci.root or self.directory, files, force)


def staged_workload(stage: Path, layout: Layout, project: Project | None) -> Workload:
    """Return the workload of a project as its file will be read; one that is there if None.

    Raises ConfigError for an existing file that is wrong.
    """
    if project is None:
        return load_workload(str(layout.workload.absolute()))
    file = stage / WORKLOAD
    place.write(file, workload_text(project))
    return workload(read(file), str(layout.directory.absolute()))


def put_workload(stage: Path, layout: Layout) -> list[Path]:
    """Put the staged workload file alone in place, with the schemas; return what was written."""
    moves = {stage / WORKLOAD: layout.workload} | _schemas(stage, layout)
    place.place(stage, moves)
    return list(moves.values())


def put_all(stage: Path, layout: Layout, found: Workload, budget: Budgeted) -> list[Path]:
    """Write the other files beside the staged workload, read them back, and put all in place.

    Returns what was written, the budgets last. Raises HostError where that cannot be done; then
    nothing is there that was not there before.
    """
    is_new = (stage / WORKLOAD).exists()
    moves = {stage / WORKLOAD: layout.workload} if is_new else {}
    if not is_new:
        place.write(stage / WORKLOAD, layout.workload.read_text(encoding="utf-8"))
    moves |= _schemas(stage, layout)
    if layout.ci.file is not None:
        files, _ = read_tree(layout.directory)
        on_host = any(program.image.kind is ImageKind.HOST for program in found.programs)
        place.write(stage / "workflow.yml", workflow_text(layout.ci, files, on_host))
        moves[stage / "workflow.yml"] = layout.ci.file
    place.write(stage / FILE, budgets_text(found.name, budget))
    load_scenarios(stage / FILE)
    moves[stage / FILE] = layout.budgets
    place.place(stage, moves)
    return list(moves.values())


def _schemas(stage: Path, layout: Layout) -> dict[Path, Path]:
    moves = {}
    for kind, file in layout.schemas.items():
        staged = stage / f"{kind}.json"
        place.write(staged, schema_text(kind))
        moves[staged] = file
    return moves
