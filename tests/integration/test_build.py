"""What an image is built from: the project, without memtune's own results."""

from pathlib import Path

import pytest

from memtune.errors import HostError
from memtune.execute.docker import DockerExecutor
from memtune.model import Image, ImageKind

DOCKERFILE = "FROM python:3.11-slim-bookworm\nCOPY . /app\n"


def built(directory: Path, dockerfile: str = "Dockerfile") -> str:
    image = Image(ImageKind.BUILD, str(directory), dockerfile)
    return DockerExecutor().prepare([image]).image


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "job.py").write_text("print(1)\n")
    return tmp_path


@pytest.mark.parametrize("place", [".memtune", "below/.memtune"])
def test_results_of_memtune_make_no_other_image(project: Path, place: str) -> None:
    (project / "below").mkdir()
    before = built(project)

    (project / place).mkdir()
    (project / place / "memtune.sqlite3").write_text("results")

    assert built(project) == before


def test_other_files_make_another_image_unless_they_are_ignored(project: Path) -> None:
    (project / ".dockerignore").write_text("# a comment\n\n*.log\n")
    before = built(project)
    (project / "run.log").write_text("1")
    ignored = built(project)
    (project / "job.py").write_text("print(2)\n")

    assert ignored == before
    assert built(project) != before


def test_another_dockerfile_is_used(project: Path) -> None:
    (project / "other").mkdir()
    (project / "other" / "Dockerfile").write_text("FROM python:3.11-slim-bookworm\nENV A=1\n")

    assert built(project, "other/Dockerfile") != built(project)


def test_a_context_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot be sent"):
        built(tmp_path / "gone")
