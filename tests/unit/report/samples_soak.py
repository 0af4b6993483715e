"""Made-up soaks that the report tests render."""

from dataclasses import replace

from memtune.model import CapFor
from memtune.model.soak import Course, Phase, Slope, Soaked, SoakResult, Trend
from memtune.units import KIB, MIB
from tests.unit.report.samples import CAP, ENVIRONMENT, judged, service_run, settings

STUDY = "20260101-000000-abcdef"
PHASES = (
    Phase("boot", 0, 1.2, 22 * MIB, 41 * MIB),
    Phase("warm-up", 1.2, 31.2, 56 * MIB, 61 * MIB),
    Phase("steady state", 31.2, 604, 72 * MIB, 99 * MIB),
)
LEAK = Slope(1.2 * MIB / 60, 0.9 * MIB / 60, 1.5 * MIB / 60)
FIND = "find it: memtune profile --explain says who holds the memory of Python processes"


def result() -> SoakResult:
    """Two services, of which one leaks."""
    where = settings(1, 800)
    leaking = Soaked(
        "web",
        CAP,
        Course(PHASES, 99 * MIB, 603.5, Trend.GROWS, LEAK, 99 * MIB),
        (20_650.0, 16_520.0, 27_533.0),
        1.5 * KIB,
        advice=(FIND, "until then restart it when it needs 460.8 MiB"),
    )
    still = Slope(-3.0, -900.0, 894.0)
    sound = Soaked("face", CAP, Course(PHASES, 99 * MIB, 77, Trend.NO_GROWTH, still, 99 * MIB))
    return SoakResult(
        study=STUDY,
        workload="both",
        profile="conservative",
        settings=where,
        cap_bytes=CAP,
        environment=ENVIRONMENT,
        soak_s=600,
        judged=service_run(where, 99, 99),
        requests_per_s=13.65,
        services=(leaking, sound),
    )


def shared() -> SoakResult:
    """The same two services under one cap, which is that of neither."""
    found = result()
    leaking, sound = found.services
    all_of_them = replace(leaking, service="", advice=())
    parts = (replace(leaking, cap_bytes=None, to_cap_s=None), replace(sound, cap_bytes=None))
    judged = replace(found.judged, run=replace(found.judged.run, cap_for=CapFor.ALL))
    return replace(found, judged=judged, services=(all_of_them, *parts))


def pipeline(*, killed: bool = False) -> SoakResult:
    """A loop that slows down, or was killed on its way up."""
    where = settings(1, 800)
    slow = Slope(0.02 * MIB / 60, 0.01 * MIB / 60, 0.03 * MIB / 60)
    course = Course(PHASES[1:], 99 * MIB, 603.5, Trend.SLOWS, slow, 99 * MIB)
    one = Soaked("", CAP, course, (1.3e6, 8e5, 2.6e6), advice=(FIND,))
    if killed:
        course = replace(course, trend=Trend.GROWS, slope=LEAK, end_bytes=CAP)
        one = Soaked("", CAP, course, (0.0, 0.0, 0.0), advice=(FIND,))
    return replace(
        result(),
        workload="face",
        profile="",
        judged=judged(where, 512 if killed else 99, oom=killed),
        requests_per_s=None,
        services=(one,),
    )


def short() -> SoakResult:
    """A pipeline that ended long before the soak did."""
    phase = Phase("warm-up", 0, 0.25, MIB, MIB)
    course = Course((phase,), MIB, 0.2, Trend.TOO_SHORT, None, None)
    return replace(pipeline(), services=(Soaked("", CAP, course),))


def vague() -> SoakResult:
    """No growth that so short a soak could have told."""
    wide = Slope(-0.01 * MIB, -0.05 * MIB, 0.04 * MIB)
    course = Course(PHASES[1:], 99 * MIB, 60, Trend.NO_GROWTH, wide, 99 * MIB)
    return replace(pipeline(), soak_s=120, services=(Soaked("", CAP, course),))
