"""A container of Docker's, looked at through its restarts until it has ended."""

import time
from dataclasses import replace

from memtune.errors import HostError, UsageError
from memtune.execute.running import Listed, Running, Status
from memtune.measure.cgroup import Cgroup
from memtune.model.watch import Exit, Memory, Sight, State
from memtune.watch.charge import Charge, of_usage
from memtune.watch.subject import STEP_S
from memtune.watch.track import KILLED

LINGER_S = 2.0
"""How long what ended is looked at yet: `docker restart` ends it first."""
CAUSE_S = 1.0
"""How much later than the end the daemon may tell that it was an OOM kill."""
ENDING_S = 10.0
"""How long the daemon may take to see that a container has ended whose group is gone."""


class ContainerSubject:
    """One container."""

    def __init__(self, running: Running, listed: Listed, interval_s: float) -> None:
        """Raise UsageError where it does not run."""
        self.name = listed.name
        self.step_s = STEP_S
        self._running = running
        self._id = listed.id
        self._interval_s = interval_s
        self._begun_s = time.time()
        self._source: Charge | _Stats | None = None
        self._restarts = 0
        self._exit: Exit | None = None
        self._kills_before = self._kills = 0
        status = running.status(listed.id)
        if status is None or not (status.running or status.restarting):
            raise UsageError(_stopped(self.name, status), hint=f"docker start {self.name}")
        self._attach(status)
        self._kills_before = self._kills

    def sight(self) -> Sight:
        """Look at it; where its group is gone, ask the daemon what became of it."""
        memory = self._read()
        if memory is None:
            return self._missed()
        return Sight(State.RUNNING, memory, self._exit, self._restarts)

    def close(self) -> None:
        """Release the open files."""
        if self._source is not None:
            self._source.close()
        self._source = None

    def _read(self) -> Memory | None:
        if self._source is None:
            return None
        try:
            memory = self._source.memory()
        except OSError:
            self.close()
            return None
        self._kills = memory.oom_kills or self._kills
        return memory

    def _attach(self, status: Status) -> None:
        """Look at this life of it."""
        self._life = status.started_at
        self._over_s: float | None = None
        self._killed_s: float | None = None
        self._missing_since_s: float | None = None
        self._source = None
        self._kills = 0
        directory = self._running.group(self._id, status.pid)
        try:
            if directory is not None and directory.exists():
                self._source, self.step_s = Charge(directory), STEP_S
            elif status.running:
                self._source = _Stats(self._running.stats(self._id), status.cap_bytes)
                self.step_s = max(self._interval_s, STEP_S)
        except OSError:  # it ends at this moment: the next look asks the daemon
            return
        if self._source is not None:
            self._kills = self._source.oom_kills() or 0

    def _missed(self) -> Sight:
        status = self._running.status(self._id)
        if status is not None and status.running:
            return self._again(status)
        now = time.monotonic()
        if self._over_s is None:
            found = self._exit_of(status, removed=status is None)
            if self._lacks_cause(found, now):
                return Sight(State.RUNNING, None, self._exit, self._restarts)
            self._exit, self._over_s = found, now
        state = State.ENDED
        if status is not None and status.restarting:
            state = State.RESTARTING
        elif status is not None and now - self._over_s < LINGER_S:
            state = State.STOPPED
        return Sight(state, None, self._exit, self._restarts)

    def _lacks_cause(self, found: Exit, now: float) -> bool:
        """Whether it was killed, and who did it may be told yet."""
        if found.status != KILLED or found.oom or found.signal:
            return False
        self._killed_s = self._killed_s or now
        return now - self._killed_s < CAUSE_S

    def _again(self, status: Status) -> Sight:
        """It runs, though its group is gone: it ends just now, or has been started again."""
        if status.started_at == self._life:
            now = time.monotonic()
            self._missing_since_s = self._missing_since_s or now
            if now - self._missing_since_s > ENDING_S:
                raise HostError(
                    f"the memory of {self.name} cannot be read any more, though it runs",
                    hint="its control group is gone: `docker ps` and `memtune doctor` tell more",
                )
            return Sight(State.RUNNING, None, self._exit, self._restarts)
        if self._over_s is None:
            self._exit = self._exit_of(None, removed=False)
        self._restarts += 1
        self._attach(status)
        self._kills_before = 0  # a new life has a new group
        return Sight(State.RUNNING, self._read(), self._exit, self._restarts)

    def _exit_of(self, status: Status | None, *, removed: bool) -> Exit:
        """Return how its last life ended; ``status`` is that of now, where it tells of that."""
        last = self._running.last(self._id, self._begun_s)
        flagged = status is not None and status.oom_killed and not self._kills_before
        return Exit(
            status=last.exit_status if status is None else status.exit_status,
            oom=last.oom or flagged or self._kills > self._kills_before,
            signal=last.signal,
            removed=removed,
        )


class _Stats:
    """Memory as the daemon tells it, where it is on another machine."""

    def __init__(self, cgroup: Cgroup, cap_bytes: int | None) -> None:
        self._cgroup = cgroup
        self._cap_bytes = cap_bytes

    def memory(self) -> Memory:
        seen = of_usage(self._cgroup.usage(), self._cgroup.source)
        if self._cap_bytes is None:
            return seen
        return replace(
            seen,
            cap_bytes=self._cap_bytes,
            cap_source="the container's configuration",
            charged_bytes=seen.need_bytes,
        )

    def oom_kills(self) -> int | None:
        return self._cgroup.oom_kills()

    def close(self) -> None:
        self._cgroup.close()


def _stopped(name: str, status: Status | None) -> str:
    if status is None:
        return f"the container {name} has been removed"
    killed = ", with an OOM kill in it" if status.oom_killed else ""
    if status.started_at.startswith("0001"):
        return f"the container {name} has never been started"
    return f"the container {name} has ended: exit status {status.exit_status}{killed}"
