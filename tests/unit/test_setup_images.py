"""Tries scripts/setup-images with a docker that only notes what it is told; makes no image."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGES = ("python:3.11-slim-bookworm", "node:20-bookworm-slim")

# Has the images of the file "images"; a registry gives more where REGISTRY is set.
FAKE_DOCKER = """#!/bin/sh
for image in "$@"; do :; done
case "$1 $2" in
    "version ") exit "${VERSION_STATUS:-0}" ;;
    "image inspect") grep -qx "$image" images ;;
    "pull --quiet") echo "pull $image" >>calls; [ -n "$REGISTRY" ] && echo "$image" >>images ;;
    "build --force-rm") echo "build $4" >>calls; exit "${BUILD_STATUS:-0}" ;;
    *) echo "$1" >>calls ;;
esac
"""


class Project:
    """A folder with the real scripts and a fake docker in front of the real one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        (folder / "bin").mkdir()
        docker = folder / "bin" / "docker"
        docker.write_text(FAKE_DOCKER)
        docker.chmod(0o755)
        self.has()

    def has(self, *images: str) -> None:
        (self.folder / "images").write_text("".join(f"{image}\n" for image in images))

    def run(self, **env: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            [self.folder / "scripts" / "setup-images"],
            env={"PATH": path} | env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def calls(self) -> list[str]:
        notes = self.folder / "calls"
        return notes.read_text().splitlines() if notes.exists() else []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_images_that_are_there_are_left_alone(project: Project) -> None:
    project.has(*IMAGES)

    result = project.run()

    assert (result.returncode, project.calls()) == (0, [])
    assert "up to date" in result.stderr


def test_a_registry_that_is_reached_gives_what_is_missing(project: Project) -> None:
    project.has(IMAGES[0])

    result = project.run(REGISTRY="yes")

    assert (result.returncode, project.calls()) == (0, [f"pull {IMAGES[1]}"])
    assert "STAND-IN" not in result.stderr


def test_without_a_registry_stand_ins_are_made_and_it_says_so(project: Project) -> None:
    project.has("memtune-stand-in:bookworm")

    result = project.run()

    assert result.returncode == 0
    assert [call for call in project.calls() if call.startswith("build")] == [
        f"build {image}" for image in IMAGES
    ]
    for image in IMAGES:
        assert f"{image} is a STAND-IN" in result.stderr
        assert f"to be rid of it: docker rmi {image}" in result.stderr


def test_a_stand_in_that_cannot_be_made_is_an_environment_error(project: Project) -> None:
    project.has("memtune-stand-in:bookworm")

    result = project.run(BUILD_STATUS="1")

    assert result.returncode == 3
    assert f"{IMAGES[0]} could not be made\nhint: " in result.stderr


def test_a_docker_that_does_not_answer_is_an_environment_error(project: Project) -> None:
    result = project.run(VERSION_STATUS="1")

    assert (result.returncode, project.calls()) == (3, [])
    assert "hint: scripts/setup-docker" in result.stderr
