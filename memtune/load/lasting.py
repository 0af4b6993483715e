"""The same load for a longer time."""

from dataclasses import replace

from memtune.errors import UsageError
from memtune.model import Workload


def lasting(workload: Workload, duration_s: float, boot_limit_s: float | None = None) -> Workload:
    """Return services whose calls go on for ``duration_s``, and which have no longer than
    ``boot_limit_s`` to be ready.

    Raises UsageError for a pipeline and for a load that is a command.
    """
    plan = workload.plan
    if plan is None or not plan.load.calls:
        raise UsageError(
            f"{workload.name} has no calls that could go on for a while",
            hint="that takes a workload of kind service with load.calls",
        )
    boot_s = min(plan.load.boot_limit_s, boot_limit_s or plan.load.boot_limit_s)
    load = replace(plan.load, requests=None, duration_s=duration_s, boot_limit_s=boot_s)
    return replace(
        workload,
        plan=replace(plan, load=load),
        timeout_s=workload.timeout_s + duration_s + boot_s,
    )
