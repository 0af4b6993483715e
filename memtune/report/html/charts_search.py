"""What a search found as charts: its front, its space, and what knobs cost."""

import altair as alt

from memtune.report.html.chart import HEIGHT, Spec, chart, finished
from memtune.report.html.rows import CostRow, MapCell, Point, State, mib

MANY = 500
"""Points that lie on each other: they are drawn small."""
_STATES = {
    State.PASS: "var(--pass-fill)",
    State.FAIL: "var(--fail-fill)",
    State.INFERRED: "var(--inferred)",
    State.OPEN: "var(--page)",
}
_SHAPES = {
    "the pick": ("diamond", "var(--pass)"),
    "runner-up": ("square", "var(--series-2)"),
    "knee of the front": ("triangle-right", "var(--series-3)"),
    "on the front": ("triangle-up", "var(--series-1)"),
    "passes": ("circle", "var(--muted)"),
}


def front(points: list[Point]) -> Spec:
    """Return memory against speed of what was tried, with the front, the pick and its rivals."""
    rows = [
        {
            "need": mib(one.need_bytes),
            "speed": one.speed_per_s,
            "what": one.kind,
            "front": one.on_front,
            "settings": one.settings,
        }
        for one in points
    ]
    kinds = [kind for kind in _SHAPES if any(one.kind == kind for one in points)]
    large = [kind for kind in kinds if kind != "passes"]
    base = chart(rows).encode(
        x=alt.X("need:Q", title="need, MiB (worst run)"),
        y=alt.Y("speed:Q", title="work per second (median)"),
    )
    line = base.transform_filter("datum.front").mark_line(
        interpolate="step-after", color="var(--series-1)", opacity=0.6
    )
    marks = base.mark_point(filled=True, opacity=0.9 if len(points) < MANY else 0.5).encode(
        shape=alt.Shape(
            "what:N",
            title=None,
            scale=alt.Scale(domain=kinds, range=[_SHAPES[k][0] for k in kinds]),
        ),
        color=alt.Color(
            "what:N",
            title=None,
            scale=alt.Scale(domain=kinds, range=[_SHAPES[k][1] for k in kinds]),
        ),
        size=alt.condition(
            alt.FieldOneOfPredicate("what", large),
            alt.value(170),
            alt.value(50 if len(points) < MANY else 12),
        ),
        tooltip=[
            alt.Tooltip("what:N", title="is"),
            alt.Tooltip("need:Q", title="need, MiB", format=",.1f"),
            alt.Tooltip("speed:Q", title="per s", format=",.3~r"),
            alt.Tooltip("settings:N", title="settings"),
        ],
    )
    zoom = alt.selection_interval(bind="scales", zoom="wheel![event.shiftKey]")
    return finished(alt.layer(line, marks.add_params(zoom)), HEIGHT)


def space_map(cells: list[MapCell]) -> Spec:
    """Return the space over any two of its knobs: what became of the settings of each pair."""
    rows = [
        {
            "pair": one.pair,
            "x": one.x,
            "xi": one.x_index,
            "y": one.y,
            "yi": one.y_index,
            "state": one.state,
            "says": one.says,
            "tried": one.tried,
            "passed": one.passed,
            "rest": one.rest,
        }
        for one in cells
    ]
    pairs = list(dict.fromkeys(row["pair"] for row in rows))
    chosen = alt.param(
        "pair", value=pairs[0], bind=alt.binding_select(options=pairs, name="knobs ")
    )
    states = [one for one in _STATES if any(cell.state is one for cell in cells)]
    base = (
        chart(rows)
        .transform_filter("datum.pair === pair")
        .encode(
            x=alt.X(
                "x:N",
                title=None,
                sort=alt.EncodingSortField("xi", "min"),
                axis=alt.Axis(labelAngle=0, orient="top"),
            ),
            y=alt.Y("y:N", title=None, sort=alt.EncodingSortField("yi", "min")),
        )
    )
    tips = [
        alt.Tooltip("state:N", title="state"),
        alt.Tooltip("tried:Q", title="settings tried"),
        alt.Tooltip("passed:Q", title="of these pass"),
        alt.Tooltip("rest:Q", title="not executed"),
    ]
    colour = alt.Color(
        "state:N",
        title=None,
        scale=alt.Scale(domain=states, range=[_STATES[one] for one in states]),
        legend=alt.Legend(
            symbolStrokeColor="var(--line)", symbolStrokeWidth=1, symbolType="square"
        ),
    )
    cell = base.mark_rect(stroke="var(--line)", strokeWidth=1).encode(color=colour, tooltip=tips)
    text = base.mark_text(fontSize=11, color="var(--ink)").encode(text="says:N", tooltip=tips)
    rows_most = max(one.y_index for one in cells) + 1
    return finished(alt.layer(cell, text).add_params(chosen), 36 * rows_most)


def costs(rows: list[CostRow]) -> Spec:
    """Return what each knob costs, with the interval that holds it 19 times of 20."""
    values = [
        {
            "what": one.what,
            "mib": mib(one.cost.bytes),
            "low": mib(one.cost.low),
            "high": mib(one.cost.high),
        }
        for one in rows
    ]
    base = chart(values).encode(
        y=alt.Y("what:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
        tooltip=[
            alt.Tooltip("what:N", title="knob"),
            alt.Tooltip("mib:Q", title="costs, MiB", format="+,.1f"),
            alt.Tooltip("low:Q", title="at least", format="+,.1f"),
            alt.Tooltip("high:Q", title="at most", format="+,.1f"),
        ],
    )
    bar = base.mark_bar(color="var(--series-1)", opacity=0.75).encode(
        x=alt.X("mib:Q", title="MiB more")
    )
    interval = base.mark_rule(strokeWidth=2, color="var(--ink)").encode(x="low:Q", x2="high:Q")
    return finished(alt.layer(bar, interval), max(60, 30 * len(rows)))
