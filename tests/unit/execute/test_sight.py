"""What others see of a run while it goes on."""

from memtune.execute.request import Request, ServiceRequest, request
from memtune.execute.service import execute_any
from memtune.execute.sight import Gauges
from memtune.model import Image, ImageKind, Kind, Load, Plan, Program, Settings, Workload
from memtune.model.live import Reading
from tests.fakes import MIB, FakeExecutor, Play

CAP = 100 * MIB
HOST = Image(ImageKind.HOST)
JOB = Workload("job", Kind.PIPELINE, (Program(HOST, ("job",)),), "", timeout_s=20)
SERVICES = Workload(
    name="demo",
    kind=Kind.SERVICE,
    programs=(
        Program(HOST, ("web",), (), "web"),
        Program(HOST, ("face",), (), "face", 40 * MIB),
    ),
    directory="",
    plan=Plan(Load(command=("true",)), ()),
)


class Onlooker:
    """Looks whenever a run asks whether it is cancelled."""

    def __init__(self) -> None:
        self.gauges = Gauges()
        self.seen: list[tuple[Reading, ...]] = []

    def __call__(self) -> bool:
        self.seen.append(self.gauges.readings())
        return False


def asked(workload: Workload) -> Request | ServiceRequest:
    return request(workload, Settings(), CAP)


def test_a_run_is_seen_beside_its_cap_from_go_to_its_end() -> None:
    onlooker = Onlooker()
    executor = FakeExecutor(Play(need_bytes=30 * MIB))

    execute_any(executor, asked(JOB), onlooker, onlooker.gauges.show)

    assert onlooker.seen[0] == ()  # there is no shim yet
    assert onlooker.seen[-1] == (Reading(30 * MIB, CAP),)
    assert onlooker.gauges.readings() == ()


def test_each_service_that_has_a_cap_is_seen_and_the_load_is_not() -> None:
    onlooker = Onlooker()

    def play(one: Request) -> Play:
        if one.command[0] == "python":
            return Play()
        return Play(ends_on=("term",), need_bytes=20 * MIB, status=143)

    execute_any(FakeExecutor(play), asked(SERVICES), onlooker, onlooker.gauges.show)

    seen = {reading for readings in onlooker.seen for reading in readings}
    assert seen == {Reading(20 * MIB, CAP, "web"), Reading(20 * MIB, 40 * MIB, "face")}
    assert onlooker.gauges.readings() == ()


def test_a_group_that_cannot_be_read_is_not_shown() -> None:
    onlooker = Onlooker()

    execute_any(FakeExecutor(Play(need_bytes=None)), asked(JOB), onlooker, onlooker.gauges.show)

    assert set(onlooker.seen) == {()}


def test_nothing_is_told_before_the_first_sample() -> None:
    gauges = Gauges()

    with gauges.show("", CAP, lambda: None):
        assert gauges.readings() == ()
