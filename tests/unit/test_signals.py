"""Handlers run at once whichever thread of a process takes a signal."""

import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import os, signal, subprocess, sys, threading, time
from memtune.signals import handle

def end(number, frame):
    child.kill()
    os._exit(40 + number)

def take():
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    time.sleep(60)

handle((signal.SIGTERM, signal.SIGINT), end)
child = subprocess.Popen(["sleep", "60"])
threading.Thread(target=take, daemon=True).start()
{waits}
"""


@pytest.mark.parametrize("waits", ["child.wait()", "threading.Event().wait()"])
def test_a_signal_that_another_thread_takes_is_handled_at_once(waits: str) -> None:
    began = time.monotonic()

    done = subprocess.run([sys.executable, "-c", PROGRAM.format(waits=waits)], check=False)

    assert done.returncode == 40 + signal.SIGTERM
    assert time.monotonic() - began < 30
