"""What shells are offered: asked as their scripts ask, and in real shells at a terminal."""

import fcntl
import os
import pty
import select
import shutil
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from memtune.cli.check import REPORTS
from memtune.cli.completion import translated
from memtune.cli.export import FORMATS
from memtune.cli.options import EXECUTORS, PAGE_CACHES
from memtune.cli.recommend import OBJECTIVES
from memtune.cli.schema import KINDS
from memtune.cli.words import HAVE_PAGES
from memtune.config.json_schema import FileKind
from memtune.errors import ExitCode, HostError
from memtune.execute.choose import Choice
from memtune.execute.page_cache import PageCache
from memtune.export.formats import FORMATS as WRITERS
from memtune.model import Environment, Objective
from memtune.model.stored import Result
from memtune.report.formats import FORMATS as RENDERERS
from memtune.store import Store

BIN = Path(sys.executable).parent
HEAVY = ("docker", "numpy", "memray", "rich", "memtune.model", "memtune.config.schema")
WORKLOAD = """
version: 1
name: job
kind: pipeline
image: host
command: ["true"]
space:
  workers: {values: [1, 2], env: WORKERS}
  words: {values: [10], env: WORDS}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with one file of each kind, and with files that are none of memtune's."""
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "job.yaml").write_text(WORKLOAD)
    (tmp_path / "job.yaml").write_text(WORKLOAD)
    (tmp_path / "small.yaml").write_text(
        "version: 1\nworkload: ./job.yaml\ncap: 64MiB\nsettings: {workers: 1}\n"
    )
    (tmp_path / "memtune.yaml").write_text(
        "version: 1\nscenarios:\n  login: {workload: ./job.yaml, max: 1MiB}\n  logout: {}\n"
    )
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(line: str, shell: str = "bash") -> list[str]:
    """The words that bash is given for the last word of a line, which it cuts at = and :."""
    pieces = line.replace("=", " = ").replace(":", " : ").split(" ")
    words = [piece for piece in pieces[:-1] if piece] + pieces[-1:]
    if len(words) > 1 and not words[-1] and line[-1] in "=:":
        words.pop()
    answer = subprocess.run(
        [BIN / "memtune"],
        env=os.environ
        | {
            "_MEMTUNE_COMPLETE": f"complete_{shell}",
            "COMP_WORDS": "\n".join(words),
            "COMP_CWORD": str(len(words) - 1),
            "_TYPER_COMPLETE_ARGS": line,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stderr == ""
    return answer.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("memtune sho", ["show"]),
        ("memtune baseline a", ["accept"]),
        ("memtune profile --expl", ["--explain"]),
        ("memtune profile ", ["face", "job.yaml", "jobs/"]),
        ("memtune profile jo", ["job.yaml", "jobs/"]),
        ("memtune profile jobs", ["jobs/job.yaml"]),
        ("memtune profile ./jobs/", ["./jobs/job.yaml"]),
        ("memtune profile -p s", ["small.yaml"]),
        ("memtune profile --profile o", ["optimized", "original"]),
        ("memtune profile --profile=o", ["optimized", "original"]),
        ("memtune profile job.yaml --set ", ["workers=", "words="]),
        ("memtune profile job.yaml --set wor", ["workers=", "words="]),
        ("memtune profile job.yaml --set work", ["workers=1", "workers=2"]),
        ("memtune profile job.yaml --set workers=", ["1", "2"]),
        ("memtune profile job.yaml --set workers=2", ["2"]),
        ("memtune profile -p small.yaml --set word", ["words=10"]),
        ("memtune profile -p conservative --set engine=", ["lean", "full"]),
        ("memtune bill --set ups", ["upsample=0", "upsample=1", "upsample=2"]),
        ("memtune profile nowhere.yaml --set ", []),
        ("memtune compare o", ["optimized", "original"]),
        (
            "memtune compare h",
            ["here", "heap_mb=128", "heap_mb=256", "heap_mb=512", "heap_mb=unlimited"],
        ),
        ("memtune compare -w job.yaml wor", ["workers=", "words="]),
        ("memtune recommend --platform render:st", ["starter", "standard"]),
        ("memtune recommend --platform=render:st", ["starter", "standard"]),
        ("memtune preflight --platform flyy", []),
        ("memtune recommend --objective ", ["conservative", "fastest", "balanced"]),
        ("memtune floor --executor l", ["local"]),
        ("memtune floor --page-cache ", ["warm", "cold"]),
        ("memtune lint --format g", ["github"]),
        ("memtune schema w", ["workload"]),
        ("memtune export --to compo", ["compose", "compose:"]),
        ("memtune check --report j", ["json:", "junit:"]),
        ("memtune check log", ["login", "logout"]),
        ("memtune baseline accept ", ["login", "logout"]),
        ("memtune check --file small.yaml ", []),
        ("memtune show ", []),
        ("memtune profile -- fa", []),
    ],
)
def test_words_are_those_that_may_stand_there(project: Path, line: str, words: list[str]) -> None:
    assert asked(line) == words
    assert not (project / ".memtune").exists()


def test_studies_and_runs_are_offered_with_what_they_were(project: Path) -> None:
    environment = Environment("6.1", "v2", "x86_64", 2, "fake", "host", ())
    with closing(Store(project / ".memtune")) as store:
        one, other = (
            store.open_study(None, command, "job", environment, "", lambda owner: False)[0]
            for command in ("floor", "recommend")
        )
        store.finish(one, result=Result("pass", "floor $(touch x) [99 MiB]", "{}"))

    assert asked("memtune show ") == [other, one]
    assert asked("memtune export --to env ") == asked("memtune report ") == [other]
    assert asked("memtune compare study:") == [other, one]
    assert asked(f"memtune show {one}", "fish") == [f"{one}\tfloor job: pass, floor touch x 99 MiB"]


def test_every_study_that_has_a_page_is_offered_for_one(project: Path) -> None:
    environment = Environment("6.1", "v2", "x86_64", 2, "fake", "host", ())
    with closing(Store(project / ".memtune")) as store:
        made = [
            store.open_study(None, command, "job", environment, "", lambda owner: False)[0]
            for command in (*HAVE_PAGES, "floor")
        ]

    assert {"soak", "compare"} < set(HAVE_PAGES)
    assert asked("memtune report ") == made[-2::-1]


def test_words_that_a_shell_would_execute_are_not_offered(project: Path) -> None:
    for name in (r"a\$(touch pwned).yaml", "a`touch pwned`.yaml", "a b.yaml", "a'.yaml", "a*.yaml"):
        (project / name).write_text(WORKLOAD)
    (project / "evil.yaml").write_text('space: {"$(touch pwned)": {values: ["`x`", 1]}}\n')

    assert asked("memtune profile a") == []
    assert asked("memtune profile evil.yaml --set ") == []
    assert asked("memtune profile a", "zsh") == ["_files"]


def test_a_damaged_store_is_offered_in_silence(project: Path) -> None:
    (project / ".memtune").mkdir()
    (project / ".memtune" / "memtune.sqlite3").write_bytes(b"\xff" * 5000)

    assert asked("memtune show ") == asked("memtune compare run:") == []


def test_a_question_that_is_none_is_answered_in_silence(project: Path) -> None:
    for strange in ({}, {"COMP_WORDS": "memtune", "COMP_CWORD": "x"}):
        answer = subprocess.run(
            [BIN / "memtune"],
            env={"PATH": os.environ["PATH"], "_MEMTUNE_COMPLETE": "complete_bash"} | strange,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (answer.stdout, answer.stderr) == ("", "")


@pytest.mark.parametrize("line", ["profile --set ", "show ", "recommend --platform ", "--"])
def test_an_answer_loads_nothing_heavy(project: Path, line: str) -> None:
    script = (
        "import sys, memtune.__main__; from memtune.cli.app import main; main()\n"
        f"print([m for m in {HEAVY} if sys.modules.get(m)], file=sys.stderr)"
    )
    words = ["memtune", *line.split(" ")]
    environment = {
        "_MEMTUNE_COMPLETE": "complete_bash",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }

    loaded = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert loaded.stderr.strip() == "[]"


def test_the_choices_of_options_are_those_of_the_code() -> None:
    assert EXECUTORS.split("|") == list(Choice)
    assert PAGE_CACHES.split("|") == list(PageCache)
    assert OBJECTIVES.split("|") == list(Objective)
    assert KINDS.split("|") == list(FileKind)
    assert FORMATS.split("|") == list(WRITERS)
    assert REPORTS.split("|") == list(RENDERERS)


def test_a_shell_that_is_not_known_is_no_failed_check() -> None:
    with pytest.raises(HostError, match="which shell this is cannot be told"), translated():
        raise SystemExit(1)  # as typer does where no shell is above the process
    with pytest.raises(SystemExit, match="0"), translated():
        raise SystemExit(0)


def test_completion_that_cannot_be_installed_is_told(project: Path) -> None:
    (project / ".bash_completions").touch()

    found = subprocess.run(
        ["bash", "--norc", "-c", f"{BIN / 'memtune'} --install-completion; exit $?"],
        env={"HOME": str(project), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == ExitCode.ENVIRONMENT
    assert "error: completion cannot be installed: " in found.stderr
    assert "Traceback" not in found.stderr


# At a terminal.

TAB, SHOW, CLEAR = "\t", "\x14", "\x15"
"""^T is bound to show the line as it was completed; ^U clears it."""

SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; "
        """bind -x '"\\C-t": printf "<%s>\\n" "$READLINE_LINE"'; """
        'source <(memtune --show-completion); PS1="rea""dy> "',
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -Uz compinit; compinit -u -D; unsetopt beep; "
        "seen() { print -r -- \"<$BUFFER>\" }; zle -N seen; bindkey '^T' seen; "
        'source <(memtune --show-completion); PROMPT="rea""dy> "',
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        'bind ctrl-t \'echo "<"(commandline)">"\'; bind \\ct \'echo "<"(commandline)">"\'; '
        'memtune --show-completion | source; function fish_prompt; echo rea""dy\\>; end',
    ),
}


COMPLETED = {
    "memtune profile --expl": "memtune profile --explain ",
    "memtune profile -p conserv": "memtune profile -p conservative ",
    "memtune profile job.yaml --set words=": "memtune profile job.yaml --set words=10 ",
    "memtune lint --platform render:star": "memtune lint --platform render:starter ",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_in_a_shell(project: Path, shell: str) -> None:
    command, setup = SHELLS[shell]
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {shell} on this machine")
    with terminal(command, project) as end:
        os.write(end, f"{setup}\n".encode())
        heard(end, "ready>")  # a line editor listens
        for typed, line in COMPLETED.items():
            os.write(end, f"{typed}{TAB}{SHOW}".encode())
            assert f"<{line}>" in heard(end, f"<{line}>")
            os.write(end, CLEAR.encode())


@contextmanager
def terminal(command: list[str], home: Path) -> Iterator[int]:
    near, far = pty.openpty()
    environment = {
        "HOME": str(home),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "TERM": "dumb",
        "COLUMNS": "200",
    }
    shell = subprocess.Popen(
        command,
        stdin=far,
        stdout=far,
        stderr=far,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(far)
    try:
        yield near
    finally:
        shell.kill()
        shell.wait()
        os.close(near)


def heard(end: int, until: str) -> str:
    """What the terminal shows, up to some word or for ten seconds."""
    said = b""
    while until.encode() not in said and select.select([end], [], [], 10)[0]:
        said += os.read(end, 4096)
    return said.decode(errors="replace")
