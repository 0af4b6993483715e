"""What is taken from the output of a program that makes the load, and that it ends with it."""

import signal
import subprocess
import sys

import psutil

from memtune.load.child import Tail

ENDED_AS_IT_BEGINS = """
import os, signal, subprocess
from memtune.load.child import Children

real = subprocess.Popen

def begin(*words, **options):
    process = real(*words, **options)
    print(process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)  # nobody knows the process yet
    return process

subprocess.Popen = begin
children = Children()
children.end_on_signals()
children.execute(["sleep", "60"], print)
"""


def test_a_signal_while_a_program_is_started_ends_that_too() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDED_AS_IT_BEGINS], stdout=subprocess.PIPE, text=True, check=False
    )

    assert done.returncode == 128 + signal.SIGTERM
    pid = int(done.stdout)
    left = [one for one in psutil.process_iter() if one.pid == pid]
    psutil.wait_procs(left, 20)
    assert not any(one.is_running() and one.status() != "zombie" for one in left)


def test_the_scalars_of_the_last_line_are_figures_and_what_is_no_json_number_is_none() -> None:
    tail = Tail()
    tail.add(b'{"old": 1}\n{"p95_ms": 12.5, "tool": "k6", "bad": NaN, "worse": -Infinity, ')
    tail.add(b'"many": [1]}\n')

    assert tail.figures() == {"p95_ms": 12.5, "tool": "k6"}
