"""The shim under real shells, on a control group made of plain files.

Outside a container it kills the processes that the group lists: here only those that a
test has started.
"""

import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memtune.execute.shim import STDERR, STDOUT, Transcript, script

SHELLS = [
    pytest.param(
        words,
        id=words[0],
        marks=pytest.mark.skipif(not shutil.which(words[0]), reason=f"no {words[0]} here"),
    )
    for words in (["dash"], ["bash"], ["busybox", "sh"])
]
LIMIT_S = 20.0
V1 = {
    "memory.limit_in_bytes": "67108864\n",
    "memory.memsw.limit_in_bytes": "67108864\n",
    "memory.max_usage_in_bytes": "41943040\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
    "pids.events": "max 0\n",
    "cgroup.procs": "",
}
V2 = {
    "memory.max": "67108864\n",
    "memory.swap.max": "0\n",
    "memory.peak": "41943040\n",
    "memory.events": "low 0\nhigh 0\nmax 7\noom 1\noom_kill 2\noom_group_kill 0\n",
    "pids.events": "max 3\n",
    "cgroup.procs": "",
}


class Talk:
    """A started shim and what was heard of it."""

    def __init__(self, shell: list[str], group: Path, command: tuple[str, ...]) -> None:
        self.transcript = Transcript()
        self.popen = subprocess.Popen(
            [*shell, "-c", script(), "memtune-shim", str(group), str(group), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self._chunks: queue.Queue[tuple[int, bytes]] = queue.Queue()
        assert self.popen.stdout is not None
        assert self.popen.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(STDOUT, self.popen.stdout.fileno())),
            threading.Thread(target=self._read, args=(STDERR, self.popen.stderr.fileno())),
        ]
        for reader in self._readers:
            reader.start()

    def send(self, word: str) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(f"{word}\n".encode())

    def begin(self) -> None:
        """Hand the nonce over, wait for "ready", say go, wait for "started"."""
        self.send(self.transcript.nonce)
        self.wait_for("ready")
        self.send("go")
        self.wait_for("started")

    def end_lease(self) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.close()

    def wait_for(self, report: str) -> dict[str, str]:
        self._listen(lambda: report in self.transcript.reports, report)
        return self.transcript.reports[report]

    def wait_for_output(self, text: bytes) -> None:
        self._listen(lambda: text in self.transcript.stdout, repr(text))

    def status(self) -> int:
        """Wait for the end of the shim, and hear what is left."""
        status = self.popen.wait(LIMIT_S)
        self.end_lease()  # its reader is the last who holds the streams
        for reader in self._readers:
            reader.join(LIMIT_S)
        while not self._chunks.empty():
            self.transcript.feed(*self._chunks.get())
        self.transcript.finish()
        return status

    def _listen(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not done():
            try:
                self.transcript.feed(*self._chunks.get(timeout=0.05))
            except queue.Empty:
                heard = f"{self.transcript.reports} {self.transcript.stderr!r}"
                assert time.monotonic() < deadline, f"no {what}; heard {heard}"

    def _read(self, number: int, descriptor: int) -> None:
        while data := os.read(descriptor, 65536):
            self._chunks.put((number, data))


class Group:
    """Plain files in the place of a control group."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder = folder
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)

    def list_process(self, pid: int) -> None:
        with (self.folder / "cgroup.procs").open("a") as procs:
            procs.write(f"{pid}\n")


@pytest.fixture(autouse=True)
def _signals_as_a_container_has_them() -> Iterator[None]:
    """A shell cannot catch what was ignored when it began: nohup and ``&`` leave it so."""
    ignored = [
        one for one in (signal.SIGHUP, signal.SIGINT) if signal.getsignal(one) is signal.SIG_IGN
    ]
    for one in ignored:
        signal.signal(one, signal.SIG_DFL)
    yield
    for one in ignored:
        signal.signal(one, signal.SIG_IGN)


@pytest.fixture
def group(tmp_path: Path) -> Group:
    return Group(tmp_path / "group", V1)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> list[str]:
    words: list[str] = request.param
    return words


@pytest.fixture
def talks() -> Iterator[list[Talk]]:
    """The shims that a test starts: whatever becomes of it, they end."""
    started: list[Talk] = []
    yield started
    for talk in started:
        if talk.popen.poll() is None:
            talk.popen.kill()
        talk.status()
        for stream in (talk.popen.stdout, talk.popen.stderr):
            assert stream is not None
            stream.close()


class Starter:
    """Starts shims of one shell on one group."""

    def __init__(self, shell: list[str], group: Group, talks: list[Talk]) -> None:
        self.group = group
        self.shell = shell
        self._talks = talks

    def __call__(self, *command: str) -> Talk:
        self._talks.append(Talk(self.shell, self.group.folder, command))
        return self._talks[-1]


@pytest.fixture
def start(shell: list[str], group: Group, talks: list[Talk]) -> Starter:
    return Starter(shell, group, talks)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    deadline = time.monotonic() + LIMIT_S
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)


def test_a_run_is_reported_from_ready_to_ended(start: Starter) -> None:
    talk = start("sh", "-c", "echo out; echo err >&2; exit 3")

    talk.send(talk.transcript.nonce)
    ready = talk.wait_for("ready")
    talk.send("go")
    ended = talk.wait_for("ended")

    assert ready == {
        "limit": "67108864",
        "swap": "67108864",
        "oom_kill_disable": "0",
    }
    assert ended == {"status": "3", "peak": "41943040", "oom_kills": "0", "pids_max": "0"}
    assert talk.status() == 3
    assert talk.transcript.stdout == b"out\n"
    assert talk.transcript.stderr == b"err\n"


def test_each_report_is_one_write(shell: list[str], group: Group) -> None:
    # given a stderr that keeps apart what was written at once
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    words = ["memtune-shim", str(group.folder), str(group.folder), "true"]
    command = [*shell, "-c", script(), *words]
    written: list[bytes] = []
    with near, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=far.fileno()) as shim:
        far.close()
        near.settimeout(LIMIT_S)
        assert shim.stdin is not None

        # when a run goes from ready to ended
        shim.stdin.write(b"secret\ngo\n")
        shim.stdin.flush()
        while b"ended" not in b"".join(written):
            written.append(near.recv(4096))

    # then the workload can write between reports only
    assert [one.split()[:2] for one in written] == [
        [b"secret", report] for report in (b"ready", b"started", b"ended")
    ]
    assert all(one.endswith(b"\n") for one in written)


def test_the_files_of_cgroup_v2_are_read_too(
    shell: list[str], tmp_path: Path, talks: list[Talk]
) -> None:
    talk = Starter(shell, Group(tmp_path / "v2", V2), talks)("true")

    talk.begin()

    assert talk.transcript.reports["ready"] == {
        "limit": "67108864",
        "swap": "0",
        "oom_kill_disable": "-",
    }
    assert talk.wait_for("ended") == {
        "status": "0",
        "peak": "41943040",
        "oom_kills": "2",
        "pids_max": "3",
    }


def test_what_cannot_be_read_is_a_dash_and_the_run_goes_on(
    shell: list[str], tmp_path: Path, talks: list[Talk]
) -> None:
    talk = Starter(shell, Group(tmp_path / "empty", {"memory.oom_control": "x 1\n"}), talks)("true")

    talk.begin()

    assert talk.transcript.reports["ready"] == {
        "limit": "-",
        "swap": "-",
        "oom_kill_disable": "-",
    }
    ended = talk.wait_for("ended")
    assert ended == {"status": "0", "peak": "-", "oom_kills": "-", "pids_max": "-"}
    assert talk.status() == 0
    assert talk.transcript.stderr == b""


def test_the_command_gets_its_words_unchanged_and_no_lease(start: Starter) -> None:
    code = "import os, sys; print(sys.argv[1:], sorted(os.listdir('/proc/self/fd'))[:4])"
    code += "; print(repr(sys.stdin.read()))"
    words = ["a b", "$HOME", "*", "it's", "", "-n", "new\nline"]
    talk = start(sys.executable, "-c", code, *words)

    talk.begin()
    talk.wait_for("ended")
    talk.status()

    # 3 is the directory that is being listed
    assert talk.transcript.stdout.decode() == f"{words} ['0', '1', '2', '3']\n''\n"


def test_a_missing_command_is_reported_and_nothing_started(start: Starter) -> None:
    talk = start("no-such-command-anywhere")

    talk.send(talk.transcript.nonce)
    talk.send("go")

    assert talk.status() == 127
    assert talk.transcript.reports.keys() == {"ready", "missing"}
    assert talk.transcript.stderr == b""


@pytest.mark.parametrize(
    ("name", "status"),
    [("TERM", 143), ("KILL", 137), ("SEGV", 139), ("ABRT", 134), ("USR1", 138), ("HUP", 129)],
)
def test_the_status_of_a_signal_is_128_and_its_number(
    start: Starter, name: str, status: int
) -> None:
    code = f"import os, signal; os.kill(os.getpid(), signal.SIG{name})"
    talk = start(sys.executable, "-c", code)

    talk.begin()

    assert talk.wait_for("ended")["status"] == str(status)
    assert talk.status() == status
    assert talk.transcript.stderr == b"", "the shell added words of its own"


@pytest.mark.parametrize("status", [0, 1, 127, 137, 143, 255])
def test_an_exit_status_is_told_as_it_is(start: Starter, status: int) -> None:
    talk = start("sh", "-c", f"exit {status}")

    talk.begin()

    assert talk.wait_for("ended")["status"] == str(status)


def test_the_word_term_asks_the_workload_to_end(start: Starter) -> None:
    talk = start("sh", "-c", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done")
    talk.begin()
    talk.wait_for_output(b"up")

    talk.send("term")

    assert talk.wait_for("ended")["status"] == "7"
    assert talk.status() == 7
    assert talk.transcript.stdout == b"up\nbye\n"


def test_the_word_kill_ends_a_workload_that_ignores_term(start: Starter) -> None:
    talk = start("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done")
    talk.begin()
    talk.wait_for_output(b"up")

    talk.send("term")
    time.sleep(0.3)
    assert "ended" not in talk.transcript.reports
    assert talk.popen.poll() is None
    talk.send("kill")

    assert talk.wait_for("ended")["status"] == "137"


def test_unknown_words_do_nothing(start: Starter) -> None:
    talk = start("sh", "-c", "sleep 0.3; exit 4")
    talk.begin()

    for word in ("", "term2", "$(exit)", "\\", "go"):
        talk.send(word)

    assert talk.wait_for("ended")["status"] == "4"


@pytest.mark.parametrize("received", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_shim_reaches_the_workload_as_term(
    start: Starter, received: signal.Signals
) -> None:
    talk = start("sh", "-c", "trap 'echo got; exit 9' TERM; echo up; while :; do sleep 0.05; done")
    talk.begin()
    talk.wait_for_output(b"up")

    talk.popen.send_signal(received)

    assert talk.wait_for("ended")["status"] == "9"
    assert talk.status() == 9
    assert talk.transcript.stdout == b"up\ngot\n"


def test_a_workload_that_outlives_a_signal_is_waited_for(start: Starter) -> None:
    talk = start("sh", "-c", "trap 'echo got' TERM; echo up; n=0; "
                 "while [ $n -lt 10 ]; do sleep 0.05; n=$((n+1)); done; exit 5")  # fmt: skip
    talk.begin()
    talk.wait_for_output(b"up")

    for _ in range(3):
        talk.popen.send_signal(signal.SIGTERM)
        time.sleep(0.02)

    assert talk.wait_for("ended")["status"] == "5"


def test_a_signal_in_the_moment_of_the_end_does_not_change_the_status(start: Starter) -> None:
    if start.shell == ["bash"]:
        pytest.skip("bash can lose a child that ends while a signal interrupts wait")
    for n in range(15):
        talk = start("sh", "-c", "trap '' TERM; echo up; sleep 0.02; exit 6")
        talk.begin()
        talk.wait_for_output(b"up")

        time.sleep(0.016 + 0.0005 * n)
        talk.popen.send_signal(signal.SIGTERM)

        assert talk.status() in (6, 143)
        assert talk.transcript.reports["ended"]["status"] == "6"


def test_a_signal_before_the_workload_has_begun_is_not_lost(start: Starter) -> None:
    for _ in range(10):
        talk = start("sh", "-c", "while :; do sleep 0.05; done")
        talk.send(talk.transcript.nonce)
        talk.wait_for("ready")
        talk.send("go")

        while "ended" not in talk.transcript.reports and talk.popen.poll() is None:
            talk.popen.send_signal(signal.SIGTERM)
            time.sleep(0.05)

        assert talk.status() in (143, -signal.SIGTERM)


def test_the_end_of_the_lease_kills_the_workload_and_what_its_group_lists(start: Starter) -> None:
    # Given a workload that ignores TERM, and another process of its group
    bystander = subprocess.Popen(["sleep", "60"])
    listed = subprocess.Popen(["sleep", "60"])
    start.group.list_process(listed.pid)
    talk = start("sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.05; done")
    talk.begin()
    talk.wait_for_output(b"\n")
    workload = int(talk.transcript.stdout)

    # When memtune dies, which ends the lease
    begun = time.monotonic()
    talk.end_lease()

    # Then all of them end at once, and nobody else
    assert talk.status() == 137
    assert time.monotonic() - begun < 5
    assert gone(workload)
    assert listed.wait(LIMIT_S) == -signal.SIGKILL
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    assert "ended" not in talk.transcript.reports


def test_what_the_workload_leaves_in_its_group_is_killed_after_the_report(start: Starter) -> None:
    left = subprocess.Popen(["sleep", "60"])
    start.group.list_process(left.pid)
    talk = start("true")

    talk.begin()

    assert talk.wait_for("ended")["status"] == "0"
    assert left.wait(LIMIT_S) == -signal.SIGKILL


def test_the_shim_does_not_kill_itself_where_its_group_lists_it(start: Starter) -> None:
    talk = start("sh", "-c", "sleep 0.2; exit 3")
    start.group.list_process(talk.popen.pid)
    talk.begin()

    assert talk.wait_for("ended")["status"] == "3"
    assert talk.status() == 3


@pytest.mark.parametrize("words", [[], ["nonce"], ["nonce", "stop"]])
def test_without_nonce_and_go_nothing_is_started(
    start: Starter, tmp_path: Path, words: list[str]
) -> None:
    talk = start("touch", str(tmp_path / "started"))

    for word in words:
        talk.send(word)
    talk.end_lease()

    assert talk.status() == 0
    assert not (tmp_path / "started").exists()


def test_the_workload_is_what_the_kernel_kills_first(start: Starter) -> None:
    talk = start("cat", "/proc/self/oom_score_adj")

    talk.begin()
    talk.wait_for("ended")
    talk.status()

    assert talk.transcript.stdout == b"1000\n"


def test_orphans_do_not_become_zombies_where_the_shim_is_the_first_process(
    shell: list[str], group: Group, talks: list[Talk]
) -> None:
    """In a namespace of its own the shim is process 1, as in a container."""
    wrapper = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no right to make a process namespace")
    # Given a workload whose grandchildren are orphaned and end
    orphans = "for n in 1 2 3 4 5; do (sleep 0.05 &); done; sleep 0.6; "
    zombies = "grep -ls '^State:.Z' /proc/[0-9]*/status"
    count = f"n=0; while [ $n -lt 100 ] && {zombies} >&2; do n=$((n+1)); sleep 0.1; done; "
    command = f"{orphans}{count}{zombies} | wc -l; exit 2"
    talk = Starter([*wrapper, *shell], group, talks)("sh", "-c", command)

    talk.begin()
    ended = talk.wait_for("ended")
    talk.status()

    assert talk.transcript.stdout.strip() == b"0"
    assert ended["status"] == "2"


def test_as_first_process_the_shim_ends_with_its_lease_and_everything_with_it(
    shell: list[str], group: Group, talks: list[Talk]
) -> None:
    wrapper = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no right to make a process namespace")
    mark = f"61.{os.getpid()}"  # tells this sleep from all others
    talk = Starter([*wrapper, *shell], group, talks)("sh", "-c", f"sleep {mark} & sleep {mark}")
    talk.begin()
    time.sleep(0.3)

    talk.end_lease()
    talk.status()

    deadline = time.monotonic() + LIMIT_S
    while sleeping(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sleeping(mark) == []


def sleeping(mark: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", mark.encode()]:
            found.append(int(path.parent.name))
    return found
