"""What each process held over time as a chart: bands that lie on each other."""

import altair as alt

from memtune.model import Band, Bands
from memtune.report.html.chart import HEIGHT, SERIES, Spec, chart, finished, tip_title
from memtune.report.html.charts_run import seconds, zooming
from memtune.report.html.rows import mib

_COLOURS = [*SERIES, "var(--series-7)", "var(--series-8)", "var(--muted)"]


def who(band: Band) -> str:
    """Return what a process is called; commands of workers are alike."""
    return band.command if band.pid is None else f"{band.command or 'process'} ({band.pid})"


def by_process(bands: Bands) -> Spec:
    """Return the bands of all processes; under the pointer all of a moment are told."""
    names = [who(one) for one in bands.processes]
    rows = [
        {"at": at, "who": name, "mib": mib(one.bytes[n]), "order": order}
        for order, (one, name) in enumerate(zip(bands.processes, names, strict=True))
        for n, at in enumerate(bands.at_s)
    ]
    area = (
        chart(rows)
        .mark_area(opacity=0.85, line={"strokeWidth": 0.5, "color": "var(--page)"})
        .encode(
            x=seconds(),
            y=alt.Y("mib:Q", title=f"{bands.source.partition(',')[0]}, MiB", stack="zero"),
            color=alt.Color(
                "who:N",
                title=None,
                scale=alt.Scale(domain=names, range=_COLOURS[: len(names)]),
                legend=alt.Legend(columns=1, labelLimit=320),
            ),
            order="order:Q",
        )
        .add_params(zooming())
    )
    return finished(alt.layer(area, _told(bands, names)), HEIGHT)


def _told(bands: Bands, names: list[str]) -> alt.Chart:
    """A line at the nearest moment, with what each process held then."""
    moments = [
        {"at": at, **{f"p{k}": mib(one.bytes[n]) for k, one in enumerate(bands.processes)}}
        for n, at in enumerate(bands.at_s)
    ]
    hover = alt.selection_point(nearest=True, on="pointerover", fields=["at"], empty=False)
    tips = [
        alt.Tooltip(f"p{k}:Q", title=tip_title(name), format=",.1f") for k, name in enumerate(names)
    ]
    rule: alt.Chart = (
        chart(moments)
        .mark_rule(color="var(--ink)", strokeWidth=1)
        .encode(
            x=seconds(),
            opacity=alt.condition(hover, alt.value(0.7), alt.value(0)),
            tooltip=[alt.Tooltip("at:Q", title="at, s", format=".2f"), *tips],
        )
        .add_params(hover)
    )
    return rule
