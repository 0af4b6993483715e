"""What a soak saw as a chart: memory over time, its phases, and the line that it grows along."""

from collections.abc import Sequence

import altair as alt

from memtune.model.soak import Soaked
from memtune.report.html.chart import Layers, Spec, chart
from memtune.report.html.charts_run import over_time
from memtune.report.html.rows import mib
from memtune.report.html.timelines import Timeline

_SHADES = {
    "boot": "var(--shade-1)",
    "warm-up": "var(--shade-2)",
    "steady state": "var(--shade-3)",
}
_ROW_PX = 13
"""Names of phases stand in rows of their own: a boot may be too short to be written in."""
ABOVE = 1.3
"""Of the highest line: room for them."""


def soaked(one: Soaked, line: Timeline, headroom: float | None) -> Spec:
    """Return memory over time with its phases shaded, and along which line it grows, as far as the
    cap where it is reached within twice the time that was seen."""
    caps = {} if one.cap_bytes is None else {"cap": one.cap_bytes}
    spans = [(phase.name, phase.from_s, phase.to_s) for phase in one.course.phases]
    return over_time([line], caps, headroom, phases(spans), _growth(one), above=ABOVE)


def reaches_cap(one: Soaked) -> bool:
    """Whether the cap is near enough for the line to be drawn as far as that."""
    return one.to_cap_s is not None and 0 < one.to_cap_s[0] <= one.course.phases[-1].to_s


def phases(spans: Sequence[tuple[str, float, float]]) -> list[Layers]:
    """Return shades of phases, each from when to when, and over all of them their names."""
    shades, names = [], []
    for n, (phase, from_s, to_s) in enumerate(reversed(spans)):
        data = chart([{"from": from_s, "to": to_s, "name": phase}])
        tips = [
            alt.Tooltip("name:N", title="phase"),
            alt.Tooltip("from:Q", title="from, s", format=".1f"),
            alt.Tooltip("to:Q", title="to, s", format=".1f"),
        ]
        at = alt.X("from:Q", scale=alt.Scale(nice=False))
        shade = data.mark_rect(color=_SHADES[phase]).encode(x=at, x2="to:Q", tooltip=tips)
        name = data.mark_text(
            align="left", dx=3, baseline="bottom", fontSize=11, color="var(--muted)"
        )
        shades.append(shade)
        names.append(name.encode(x=at, y=alt.value(_ROW_PX * (len(spans) - n)), text="name:N"))
    return [alt.layer(*shades, *names)]


def _growth(one: Soaked) -> list[Layers]:
    slope, end, steady = one.course.slope, one.course.end_bytes, one.course.phases[-1]
    if slope is None or end is None:
        return []
    begin = end - slope.per_s * (steady.to_s - steady.from_s)
    layers = [_line((steady.from_s, begin), (steady.to_s, end), [1, 0])]
    if reaches_cap(one) and one.to_cap_s is not None and one.cap_bytes is not None:
        full_s = steady.to_s + one.to_cap_s[0]
        layers.append(_line((steady.to_s, end), (full_s, one.cap_bytes), [4, 4]))
    return layers


def _line(start: tuple[float, float], end: tuple[float, float], dash: list[int]) -> Layers:
    rows = [{"at": at, "need": mib(size)} for at, size in (start, end)]
    line = chart(rows).mark_line(color="var(--ink)", strokeWidth=1.5, strokeDash=dash)
    return alt.layer(line.encode(x="at:Q", y="need:Q"))
