"""The charts of a page as pictures that stand alone: SVG or PNG, drawn as on a light screen."""

import json
import re
from collections.abc import Callable
from typing import Any

import altair as alt

from memtune.report.html.chart import Spec
from memtune.report.html.document import Page, asset

WIDTH_PX = 800
SCALE = 2
"""Dots of a PNG for each pixel: sharp where it is printed."""
_USE = re.compile(r"var\(--([\w-]+)\)")
"""Of a variable; what is none may stand in a command line."""
_VARIABLE = re.compile(r"--([\w-]+):\s*([^;]+);")


def images(page: Page, kind: str) -> dict[str, bytes]:
    """Return each chart of a page by its name, as ``svg`` or ``png``.

    Raises ImportError without vl-convert, which the extra ``images`` brings.
    """
    import vl_convert

    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    drawing: dict[str, Callable[[Spec], bytes]] = {
        "svg": lambda spec: vl_convert.vegalite_to_svg(spec, vl_version=version).encode(),
        "png": lambda spec: vl_convert.vegalite_to_png(spec, vl_version=version, scale=SCALE),
    }
    return {
        section.id: drawing[kind](_alone(section.chart, f"{section.title}, {page.title}"))
        for section in page.sections
        if section.chart is not None
    }


def _alone(spec: Spec, title: str) -> Spec:
    """A chart that needs no style sheet."""
    light, _, _ = asset("page.css").partition("@media")
    colours = dict(_VARIABLE.findall(light))
    text = _USE.sub(lambda found: colours.get(found[1], found[0]), json.dumps(spec))
    alone: dict[str, Any] = json.loads(text)
    alone["config"]["font"] = "DejaVu Sans, sans-serif"
    return {
        **alone,
        "width": WIDTH_PX,
        "background": colours["page"],
        "padding": 12,
        "title": {"text": title, "anchor": "start", "color": colours["ink"], "offset": 12},
    }
