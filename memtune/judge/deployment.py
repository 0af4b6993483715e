"""One run of services under a platform's plan -> the list before a deployment, ticked."""

import re
from collections.abc import Iterator

from memtune.model import Cause, Finding, Judged, Plan, Platform, Ruling, Run
from memtune.units import format_duration

HEALTH_LIMIT_S = 5.0
"""For platforms whose documents name none: what Render gives a health check."""
_ALARMING = re.compile(
    r"Traceback|\b(?:ERROR|CRITICAL|FATAL)\b|WORKER TIMEOUT|[Oo]ut of memory|heap out of memory"
    r"|MemoryError|Unhandled|🔴"
)
"""What services write when something went wrong."""


def listed(judged: Judged, plan: Plan, platform: Platform) -> tuple[Finding, ...]:
    """Return the findings of the list, in its order; inconclusive is what was not reached."""
    return tuple(_list(judged, plan, platform))


def _list(judged: Judged, plan: Plan, platform: Platform) -> Iterator[Finding]:
    run = judged.run
    yield _boot(run, plan)
    for call in plan.load.before:
        yield _call(run, call.name)
    yield _load(run, plan)
    yield _health(run, platform)
    for call in plan.load.after:
        yield _call(run, call.name)
    # What the load saw of errors is listed above.
    yield from (one for one in judged.verdict.findings if one.check != "error_rate")
    yield _logs(run)


def _boot(run: Run, plan: Plan) -> Finding:
    allowed = f"within {format_duration(plan.load.boot_limit_s)}"
    boot_s = run.figure("boot_s")
    if not isinstance(boot_s, int | float):
        return _missed("start", run.reason, allowed)
    return Finding("start", Ruling.PASS, f"ready after {format_duration(boot_s)}", allowed)


def _call(run: Run, name: str) -> Finding:
    word = run.figure(name)
    if word is None:
        return _missed(name, "not reached", "ok", Ruling.INCONCLUSIVE)
    if word != "ok":
        said = run.stderr_tail.strip().rpartition("\n")[2]
        return _missed(name, said or str(word), "ok")
    return Finding(name, Ruling.PASS, "ok", "ok")


def _load(run: Run, plan: Plan) -> Finding:
    names = ", ".join(dict.fromkeys(call.name for call in plan.load.calls))
    allowed = f"all answered rightly for {format_duration(plan.load.duration_s or 0)}"
    requests, errors = run.figure("requests"), run.figure("errors")
    if requests is None:
        return _missed(names, "not reached", allowed, Ruling.INCONCLUSIVE)
    observed = f"{requests} requests, {errors} errors"
    if errors or not requests:
        return _missed(names, observed, allowed)
    return Finding(names, Ruling.PASS, observed, allowed)


def _health(run: Run, platform: Platform) -> Finding:
    limit_s = platform.health_timeout_s or HEALTH_LIMIT_S
    allowed = f"every second within {format_duration(limit_s)}"
    slowest_ms, failures = run.figure("health_max_ms"), run.figure("health_failures")
    if not isinstance(slowest_ms, int | float):
        return _missed("health under load", "not reached", allowed, Ruling.INCONCLUSIVE)
    observed = f"slowest {format_duration(slowest_ms / 1000)}, {failures} failures"
    if failures or slowest_ms > 1000 * limit_s:
        return _missed("health under load", observed, allowed)
    return Finding("health under load", Ruling.PASS, observed, allowed)


def _logs(run: Run) -> Finding:
    parts = run.parts or (run,)
    lines = [
        f"{part.service}: {line.strip()}"
        for part in parts
        for line in (part.stdout_tail + "\n" + part.stderr_tail).splitlines()
        if _ALARMING.search(line)
    ]
    allowed = "no line that alarms"
    if not lines:
        return Finding("logs", Ruling.PASS, "clean", allowed)
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return _missed("logs", lines[0][:200] + more, allowed)


def _missed(check: str, observed: str, allowed: str, ruling: Ruling = Ruling.FAIL) -> Finding:
    return Finding(check, ruling, observed, allowed, Cause.FUNCTION)
