"""What a page says first: the answer, its figures, and what would help where there is none."""

from memtune.model import CapFor, Ruling, Study, Trial
from memtune.model.infeasible import Infeasible
from memtune.report.console import infeasible as words
from memtune.report.console.common import risk_words, shown
from memtune.report.html.table import Cell, Said, Table, number, quiet
from memtune.units import MIB, format_bytes

PROVES = "Told by runs that were made; memtune recommend with the option proves it."


def key_figures(trial: Trial, cap_bytes: int) -> tuple[tuple[str, str, str], ...]:
    """Return what matters most of a trial: need, cap, what stays free, runs."""
    found = []
    if (need := trial.figure("need")) is not None:
        bias = f", {need.bias}" if need.bias else ""
        found.append(("need", shown(need.summary.max, need.unit), f"worst run{bias}"))
    found.append(("cap", format_bytes(cap_bytes), ""))
    if (headroom := trial.figure("headroom")) is not None:
        found.append(("stays free", shown(headroom.summary.min, headroom.unit), "of the cap"))
    if (speed := trial.figure("throughput_per_s")) is not None:
        found.append(("throughput", shown(speed.summary.median, speed.unit), "median"))
    passed = sum(one.verdict.ruling is Ruling.PASS for one in trial.runs)
    found.append(("runs passed", f"{passed} of {len(trial.runs)}", "at the real cap"))
    return tuple(found)


def needed(study: Study) -> tuple[tuple[str, str, str], ...]:
    """Return the figures of an answer where nothing passes."""
    found = [("cap", format_bytes(study.cap_bytes), "")]
    needs = study.infeasible.needed if study.infeasible else None
    if needs is not None:
        under = format_bytes(needs.seen_under_bytes)
        found.append(("least need", format_bytes(needs.need_bytes), f"seen under {under}"))
        found.append(("needs a cap of", format_bytes(needs.cap_bytes), "with what shall be free"))
    return tuple(found)


def why(study: Study) -> tuple[str, ...]:
    """Return why the pick is the pick, or what the nearest settings miss."""
    chosen = study.recommendation
    if chosen is None:
        found = study.infeasible
        return (
            (f"Nearest: {found.nearest}", *(words.missed(one) for one in found.missed))
            if found
            else ()
        )
    runs = len(chosen.evidence.runs)
    said = [f"{chosen.why}; passed {runs} of {runs} runs at the real cap."]
    if chosen.risk is not None:
        said.append(risk_words(chosen.risk))
    rival = chosen.runner_up
    need = rival.figure("need") if rival is not None else None
    if rival is not None and need is not None:
        said.append(f"Runner-up: {rival.settings}, needs {format_bytes(need.summary.max)}.")
    if study.floor is not None and study.floor.floor_bytes is not None:
        proven = f"{study.floor.repeats} of {study.floor.repeats} runs"
        size = format_bytes(study.floor.floor_bytes)
        said.append(f"The smallest cap that it passes: {size} ({proven}).")
    return tuple(said)


def infeasible(study: Study, found: Infeasible) -> Said:
    """Return the single changes that would help, and the plans."""
    needs = found.needed
    if needs is None:
        return Said(words.without_need(study, found))
    rows = [(f"--cap {needs.cap_bytes // MIB}MiB", "holds the need, the noise and the headroom")]
    if needs.headroom is not None:
        share = f"--headroom {100 * needs.headroom:.3g}%"
        rows.append((share, "all that the need leaves free of the cap"))
    changes = Table(("one change", "because it"), tuple((Cell(a), quiet(b)) for a, b in rows))
    each = len(study.programs) > 1 and study.cap_for is CapFor.EACH
    cap = format_bytes(needs.cap_bytes) + (" for each service" if each else "")
    if not found.plans:
        return Said((PROVES, f"No plan that memtune knows has {cap}."), (changes,))
    plans = Table(
        ("plan", "memory", "price", "why this one"),
        tuple(
            (
                Cell(one.plan.name),
                number(format_bytes(one.plan.ram_bytes)),
                number(words.price(one.plan)),
                quiet(one.why),
            )
            for one in found.plans
        ),
        caption=f"Plans that hold {cap}",
    )
    return Said((PROVES,), (changes, plans))
