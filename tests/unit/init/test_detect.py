"""What ``memtune init`` finds out from a project's files; nothing is executed."""

import time
from contextlib import suppress
from pathlib import Path

import pytest

from memtune.errors import MemtuneError, UsageError
from memtune.init.detect import detect
from memtune.init.found import Build, Part, Project

FIXTURES = Path(__file__).parents[2] / "fixtures"
FLASK = 'from flask import Flask\napp = Flask(__name__)\n\n@app.route("/healthz")\ndef h(): ...\n'


def found(folder: Path, files: dict[str, str]) -> Project:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return detect(folder)


def only(folder: Path, files: dict[str, str]) -> Part:
    [part] = found(folder, files).parts
    return part


def command(part: Part) -> tuple[str, ...] | None:
    return part.command.value if part.command else None


def port(part: Part) -> int | None:
    return part.port.value if part.port else None


def health(part: Part) -> str | None:
    return part.health.value if part.health else None


def test_the_seed_is_two_services_that_talk_to_each_other() -> None:
    project = detect(FIXTURES / "seed")

    backend, facial = project.parts
    assert (backend.name, port(backend), health(backend)) == ("backend", 5000, "/health")
    assert backend.env == (("FACIAL_SERVICE_URL", "http://facial:5001"),)
    assert command(backend) == ("npm", "start")
    assert (facial.name, port(facial)) == ("facial", 5001)
    assert command(facial) == ("gunicorn", "--config", "gunicorn.conf.py", "api:app")
    assert facial.build is not None
    assert facial.build.value == Build("facial-service", "Dockerfile")
    assert facial.cap_bytes is not None
    assert facial.cap_bytes.source == "mem_limit in docker-compose.yml:12"


def test_a_single_file_with_a_main_is_a_pipeline(tmp_path: Path) -> None:
    part = only(tmp_path, {"job.py": "if __name__ == '__main__':\n    pass\n"})

    assert (part.answers, part.build, command(part)) == (False, None, ("python", "job.py"))


def test_a_dockerfile_tells_command_port_and_health(tmp_path: Path) -> None:
    part = only(
        tmp_path,
        {
            "Dockerfile": 'FROM python:3.11 AS base\nENTRYPOINT ["python"]\n'
            "FROM base\nEXPOSE 80/tcp\n"
            "HEALTHCHECK --interval=5s CMD curl -f http://localhost:80/up || exit 1\n"
            'CMD ["app.py", "--fast"]\n',
            "app.py": FLASK,
        },
    )

    assert command(part) == ("python", "app.py", "--fast")
    assert (port(part), health(part)) == (80, "/up")
    assert part.health is not None
    assert part.health.source == "HEALTHCHECK in Dockerfile:5"


def test_a_command_in_shell_form_keeps_its_shell(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM a\nENV PORT=8081\nCMD gunicorn -b :$PORT app:app\n"}

    part = only(tmp_path, files)

    assert command(part) == ("/bin/sh", "-c", "gunicorn -b :$PORT app:app")
    assert port(part) == 8081


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"Procfile": "web: gunicorn -b 0.0.0.0:9001 app:app\n"}, 9001),
        ({"Procfile": "web: gunicorn app:app\n"}, 8000),
        ({"Procfile": "web: gunicorn app:app -b :$PORT\n"}, 8000),
        ({"Procfile": "web: uvicorn app:app --port=7000\n"}, 7000),
        ({"Procfile": "web: gunicorn -b unix:/tmp/a.sock -b :${PORT:-7001} a:b\n"}, 7001),
        ({"package.json": '{"scripts": {"start": "node s.js"}}',
          "s.js": "app.listen(process.env.PORT || 4000)"}, 4000),
        ({"package.json": '{"main": "s.js"}', "s.js": "const PORT = process.env.PORT ?? '4001';"},
         4001),
        ({"app.py": FLASK + "if __name__ == '__main__':\n    app.run()\n"}, 5000),
        ({"app.py": FLASK + "if __name__ == '__main__':\n    app.run('::', port=5555)\n"}, 5555),
        ({"Procfile": "web: python -m http.server 8123\n"}, 8123),
    ],
)  # fmt: skip
def test_ports(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    part = only(tmp_path, files)

    assert (part.answers, port(part)) == (True, expected)


def test_a_command_that_takes_any_port_is_given_one(tmp_path: Path) -> None:
    part = only(tmp_path, {"Procfile": "web: gunicorn app:app -b :$PORT\n"})

    assert part.env == (("PORT", "8000"),)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("app.py", '@app.get("/api/health")', "/api/health"),
        ("app.py", '@app.get("/ping")\n@app.get("/healthz")', "/healthz"),
        ("urls.py", 'path("health/", view)', "/health/"),
        ("app.js", "app.get('/ready', ok)", "/ready"),
        ("app.js", "const file = '/var/lib/healthy/x'", None),
    ],
)
def test_health_paths_in_code(tmp_path: Path, name: str, text: str, expected: str | None) -> None:
    part = only(tmp_path, {name: text, "Procfile": "web: gunicorn a:b\n"})

    assert health(part) == expected


def test_variables_that_the_code_needs_and_nothing_sets_are_named(tmp_path: Path) -> None:
    code = (
        "import os\nA = os.environ['TOKEN']\nB = os.environ['SET']\nos.environ['STORED'] = 'x'\n"
        "# os.environ['COMMENT']\nC = os.environ.get('MAYBE')\nD = os.environ['TOKEN'] == '1'\n"
    )

    part = only(tmp_path, {"Dockerfile": "FROM a\nENV SET=1\nCMD python a.py\n", "a.py": code})

    assert [(one.value, one.source) for one in part.unset] == [("TOKEN", "a.py:2")]


COMPOSE = """\
services:
  API_Server:
    build: .
    ports: ["127.0.0.1:${OUT:-80}:8000/tcp"]
    command: gunicorn -b 0.0.0.0:${IN:-8000} "app:app"
    environment:
      WORKER: http://API_Server:8000/x
      SECRET: ${SECRET}
      PRICE: 5$$
    volumes: [".:/app"]
  db:
    image: postgres:16
"""


def test_a_compose_file_wins_over_the_dockerfile(tmp_path: Path) -> None:
    files = {"compose.yaml": COMPOSE, "Dockerfile": "FROM a\nCMD python wrong.py\nEXPOSE 1\n"}

    project = found(tmp_path, files)

    [part] = project.parts
    assert (part.name, port(part)) == ("api-server", 8000)
    assert command(part) == ("gunicorn", "-b", "0.0.0.0:8000", "app:app")
    assert part.env == (("WORKER", "http://api-server:8000/x"), ("PRICE", "5$"))
    assert [one.value for one in part.unset] == ["SECRET"]
    assert project.notes[0] == "API_Server has volumes in compose.yaml; memtune mounts nothing"
    assert project.notes[1].startswith("db (postgres:16) is left out")


def test_a_compose_file_of_foreign_images_leaves_the_project_itself(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  db:\n    image: redis\n",
        "Dockerfile": "FROM a\nCMD x\n",
    }

    project = found(tmp_path, files)

    assert [command(part) for part in project.parts] == [("/bin/sh", "-c", "x")]
    assert len(project.notes) == 1


def test_services_on_one_port_are_refused_with_a_way_out(tmp_path: Path) -> None:
    files = {f"{name}/Dockerfile": "FROM a\nEXPOSE 80\nCMD x\n" for name in ("a", "b")}

    with pytest.raises(UsageError, match="a and b both listen on port 80") as caught:
        found(tmp_path, files)

    assert "memtune init b" in caught.value.hint


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "hello"},
        {"package.json": "[1]"},
        {"Procfile": "nothing"},
    ],
)
def test_where_nothing_can_be_executed_it_says_what_is_needed(
    tmp_path: Path, files: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match=r"nothing in .* says what could be executed"):
        found(tmp_path, files)


def test_code_without_a_program_leaves_the_command_open(tmp_path: Path) -> None:
    part = only(tmp_path, {"lib.py": "x = 1\n", "other.py": "y = 2\n"})

    assert part.command is None


@pytest.mark.parametrize("piece", ["${A:-", "https://", "('/a", "flask ", "os.environ['A']"])
def test_large_hostile_files_take_no_time(tmp_path: Path, piece: str) -> None:
    text = piece * (200_000 // len(piece))
    files = dict.fromkeys(("a.py", "a.js", "Procfile"), text)
    files["Dockerfile"] = "FROM a\nCMD x\n" + text
    files["compose.yaml"] = f"services:\n  a:\n    build: .\n    command: {text!r}\n"
    begun = time.process_time()

    with suppress(MemtuneError):
        found(tmp_path, files)

    assert time.process_time() - begun < 15
