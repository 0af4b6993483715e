"""OpenMetrics: figures for Prometheus (text collector, push gateway) and GitLab's metrics report.

https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from collections.abc import Iterable
from statistics import median
from typing import TYPE_CHECKING

from memtune.model import Gated, GateResult, Ruling
from memtune.report import gated as words
from memtune.report.neutral import plain

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily


class _Figures:
    """What prometheus_client calls a collector."""

    def __init__(self, result: GateResult) -> None:
        self.result = result

    def collect(self) -> "Iterable[GaugeMetricFamily]":
        """Return one gauge per figure, with a sample per scenario that has it."""
        scenarios = self.result.scenarios
        return (*_needs(scenarios), *_limits(scenarios), *_growths(scenarios), _rulings(scenarios))


def render(result: GateResult) -> str:
    """Return the figures in bytes and ratios, labelled with the scenario."""
    from prometheus_client.openmetrics.exposition import generate_latest

    text: bytes = generate_latest(_Figures(result))  # type: ignore[no-untyped-call]
    return text.decode()


def _gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> "GaugeMetricFamily":
    from prometheus_client.core import GaugeMetricFamily

    unit = name.rsplit("_", 1)[1]
    return GaugeMetricFamily(
        name, text, labels=("scenario", *labels), unit=unit if unit in ("bytes", "ratio") else ""
    )


def _label(one: Gated) -> str:
    """GitLab takes a number sign for the start of a comment, even in quotes."""
    return plain(one.scenario).replace("#", "\\x23")


def _needs(scenarios: Iterable[Gated]) -> "Iterable[GaugeMetricFamily]":
    most = _gauge("memtune_need_max_bytes", "Need of the worst run.", ("arm",))
    middle = _gauge("memtune_need_median_bytes", "Median need of the runs.", ("arm",))
    runs = _gauge("memtune_runs", "Runs that were measured.", ("arm",))
    for one in scenarios:
        for arm in words.arms(one):
            labels = (_label(one), "head" if arm is one.head else "base")
            runs.add_metric(labels, len(arm.need_bytes))
            if arm.need_bytes:
                most.add_metric(labels, max(arm.need_bytes))
                middle.add_metric(labels, median(arm.need_bytes))
    return most, middle, runs


def _limits(scenarios: Iterable[Gated]) -> "Iterable[GaugeMetricFamily]":
    cap = _gauge("memtune_cap_bytes", "Memory limit of the container.")
    ceiling = _gauge("memtune_ceiling_bytes", "Most that a run may need.")
    for one in scenarios:
        cap.add_metric((_label(one),), one.cap_bytes)
        if one.budget.max_bytes is not None:
            ceiling.add_metric((_label(one),), one.budget.max_bytes)
    return cap, ceiling


def _growths(scenarios: Iterable[Gated]) -> "Iterable[GaugeMetricFamily]":
    growth = _gauge("memtune_growth_ratio", "Growth over the base.")
    low = _gauge("memtune_growth_low_ratio", "Lower end of its 95 % interval.")
    high = _gauge("memtune_growth_high_ratio", "Upper end of its 95 % interval.")
    for one in scenarios:
        if one.estimate is not None:
            growth.add_metric((_label(one),), one.estimate.growth)
            low.add_metric((_label(one),), one.estimate.low)
            high.add_metric((_label(one),), one.estimate.high)
    return growth, low, high


def _rulings(scenarios: Iterable[Gated]) -> "GaugeMetricFamily":
    """A gauge and no state set, which only OpenMetrics knows: Prometheus's text collector reads
    the older format."""
    gauge = _gauge("memtune_ruling", "1 for what the gate ruled, else 0.", ("ruling",))
    for one in scenarios:
        for ruling in Ruling:
            gauge.add_metric((_label(one), ruling), int(one.ruling is ruling))
    return gauge
