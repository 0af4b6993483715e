"""What runs did as charts: memory over time, and who held the peak."""

from collections.abc import Mapping, Sequence

import altair as alt

from memtune.report.html.chart import HEIGHT, SERIES, Layers, Spec, chart, finished
from memtune.report.html.rows import HeldRow, mib
from memtune.report.html.timelines import Timeline

ABOVE = 1.08
"""Room above the highest line, for the name of the cap."""
LONG = 24
"""Labels of a legend that stand one below the other."""
NEAREST = (
    "{run: (datum.datum || datum).line, 'at, s': format((datum.datum || datum).at, '.2f'),"
    " 'need, MiB': format((datum.datum || datum).need, ',.1f'),"
    " 'with page cache, MiB': format((datum.datum || datum).total, ',.1f')}"
)
"""Tooltip of the nearest moment. Vega-Lite's own shows names there as undefined: of the cells that
catch the pointer, the moments are the data's data, which it minds for numbers alone."""


def over_time(
    lines: Sequence[Timeline],
    caps: Mapping[str, int],
    headroom: float | None,
    under: Sequence[Layers] = (),
    over: Sequence[Layers] = (),
    *,
    above: float = ABOVE,
) -> Spec:
    """Return memory over time, with caps by their names, the line that the headroom leaves of a
    single one, and the kills; with more layers under the lines and over them."""
    rows = [
        {
            "at": round(m.at_s, 3),
            "need": mib(m.need_bytes),
            "total": mib(m.total_bytes),
            "line": one.label,
        }
        for one in lines
        for m in one.moments
    ]
    labels = list(dict.fromkeys(one.label for one in lines))
    hover = alt.selection_point(nearest=True, on="pointerover", fields=["at"], empty=False)
    colour = alt.Color(
        "line:N",
        title=None,
        scale=alt.Scale(domain=labels, range=SERIES[: len(labels)]),
        legend=alt.Legend(columns=1) if max(map(len, labels)) > LONG else alt.Legend(),
    )
    base = chart(rows).encode(x=seconds())
    highest = max(moment.total_bytes for one in lines for moment in one.moments)
    top = above * mib(max([highest, *caps.values()]))
    need = alt.Y("need:Q", title="MiB", scale=alt.Scale(domain=[0, top], nice=False))
    total = base.mark_line(strokeWidth=1, strokeDash=[2, 3], opacity=0.7).encode(
        y="total:Q", color=colour
    )
    line = base.mark_line(strokeWidth=2).encode(y=need, color=colour).add_params(zooming())
    points = (
        base.mark_point(size=60, filled=True)
        .encode(
            y=need,
            color=colour,
            tooltip=alt.TooltipValue(alt.ExprRef(NEAREST)),
            opacity=alt.condition(hover, alt.value(1), alt.value(0)),
        )
        .add_params(hover)
    )
    return finished(
        alt.layer(*under, *_limits(caps, headroom), total, line, points, *over, *_kills(lines)),
        HEIGHT,
    )


def seconds() -> alt.X:
    """Return the axis of time."""
    return alt.X(
        "at:Q",
        title="seconds since the start",
        axis=alt.Axis(tickCount=alt.ExprRef("max(2, width / 75)")),
        scale=alt.Scale(nice=False),
    )


def zooming() -> alt.Parameter:
    """Return what moves and zooms time; a page is still scrolled over it."""
    return alt.selection_interval(
        bind="scales",
        encodings=["x"],
        zoom="wheel![event.shiftKey]",
        translate="[pointerdown, window:pointerup] > window:pointermove!",
    )


def _limits(caps: Mapping[str, int], headroom: float | None) -> list[Layers]:
    rows = [(mib(size), name, "var(--fail)", [1, 0]) for name, size in caps.items()]
    if headroom and len(caps) == 1:
        (size,) = caps.values()
        rows.append((mib(size * (1 - headroom)), "headroom begins", "var(--warn)", [6, 4]))
    layers = []
    for y, text, colour, dash in rows:
        data = chart([{"y": y, "text": f"{text}: {y:,.0f} MiB"}]).encode(y="y:Q")
        rule = data.mark_rule(color=colour, strokeDash=dash, strokeWidth=1.5)
        label = data.mark_text(align="left", dx=4, dy=-6, color=colour, fontSize=11)
        layers.append(alt.layer(rule, label.encode(x=alt.value(0), text="text:N")))
    return layers


def _kills(lines: Sequence[Timeline]) -> list[Layers]:
    killed = [one for one in lines if one.outcome.is_oom]
    rows = [
        {"at": top.at_s, "need": mib(top.need_bytes), "line": one.label}
        for one in killed
        for top in [max(one.moments, key=lambda moment: moment.need_bytes)]
    ]
    if not rows:
        return []
    at = chart(rows).encode(x="at:Q", y="need:Q", tooltip=[alt.Tooltip("line:N", title="killed")])
    cross = at.mark_point(shape="cross", angle=45, size=180, filled=True, color="var(--fail)")
    return [
        alt.layer(
            cross,
            at.mark_text(align="right", dx=-12, dy=-9, color="var(--fail)", text="killed (OOM)"),
        )
    ]


def held(rows: list[HeldRow]) -> Spec:
    """Return what each process held at the peak as stacked bars, a colour for each library."""
    values = [
        {"who": one.who, "what": one.what, "mib": mib(one.bytes), "order": n}
        for n, one in enumerate(rows)
    ]
    parts = list(dict.fromkeys(one.what for one in rows))
    colours = [*SERIES, *["var(--inferred)"] * len(parts)][: len(parts)]
    processes = list(dict.fromkeys(one.who for one in rows))
    bars = (
        chart(values)
        .mark_bar(stroke="var(--page)", strokeWidth=1)
        .encode(
            x=alt.X("mib:Q", title="MiB at the peak"),
            y=alt.Y("who:N", title=None, sort=processes, axis=alt.Axis(labelLimit=160)),
            color=alt.Color("what:N", title=None, scale=alt.Scale(domain=parts, range=colours)),
            order="order:Q",
            tooltip=[
                alt.Tooltip("who:N", title="process"),
                alt.Tooltip("what:N", title="holds"),
                alt.Tooltip("mib:Q", title="MiB", format=",.1f"),
            ],
        )
    )
    return finished(bars, max(90, 42 * len(processes)))
