"""What has to hold before a deployment, as a list that is executed and ticked: one run of the
services under a plan's memory, with the load going on for a while."""

from dataclasses import replace

from memtune.judge import combined, listed
from memtune.load.lasting import lasting
from memtune.model import Platform, Preflight, Settings, Workload
from memtune.trial import Session


def soaked(workload: Workload, soak_s: float, platform: Platform) -> Workload:
    """Return the workload with a load that goes on for ``soak_s``, under the plan's limits.

    Raises UsageError for a pipeline and for a load that is a command.
    """
    long = lasting(workload, soak_s, platform.boot_limit_s)
    return replace(long, cpus=platform.cpus)


def preflight(session: Session, settings: Settings, profile: str, platform: Platform) -> Preflight:
    """Execute the services once and return the list; raises what ``Session.run`` raises."""
    workload = session.workload
    assert workload.plan is not None  # soaked() saw to it
    judged = session.run(settings, f"preflight for {platform.name}")
    findings = listed(judged, workload.plan, platform)
    return Preflight(
        study=session.study,
        workload=workload.name,
        profile=profile,
        settings=settings,
        platform=platform,
        cap_bytes=session.cap_bytes,
        environment=session.environment,
        judged=judged,
        findings=findings,
        ruling=combined([finding.ruling for finding in findings]),
    )
