"""What charts have in common; colours are variables of the page's style sheet, so that a chart
follows its scheme and prints like it."""

from typing import Any

import altair as alt

Spec = dict[str, Any]
Layers = alt.LayerChart | alt.FacetChart

HEIGHT = 280
SERIES = [f"var(--series-{n})" for n in range(1, 7)]


def chart(rows: list[dict[str, Any]]) -> alt.Chart:
    """Return a chart of rows that stand in it."""
    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]


def tip_title(text: str) -> str:
    """Return a text as a tooltip's title, which Vega-Lite pastes into an expression: of what ends
    a string there it escapes ``"`` alone."""
    return " ".join(text.splitlines()).replace("\\", "\\\\")


def finished(drawn: alt.Chart | Layers, height: int) -> Spec:
    """Give a chart its size and what all share."""
    sized = drawn.properties(width="container", height=height, background="transparent")
    axis = {
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelOverlap": "greedy",
        "labelSeparation": 10,
    }
    spec: Spec = sized.configure(
        font="system-ui, sans-serif",
        view={"stroke": None},
        axis=axis,
        legend={
            "labelColor": "var(--ink)",
            "titleColor": "var(--ink)",
            "orient": "bottom",
            "columns": {"expr": "width < 450 ? 1 : width < 900 ? 3 : 4"},
            "labelLimit": 260,
            "labelFontSize": 12,
        },
        aria=False,
    ).to_dict()
    return spec
