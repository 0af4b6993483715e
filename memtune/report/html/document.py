"""A whole page and the HTML document that it makes, which loads nothing else."""

import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

import jinja2

from memtune import __version__
from memtune.model import Ruling
from memtune.report.html.sections import Section

PREFIX = "memtune.report.html"


@dataclass(frozen=True)
class Page:
    """A whole page."""

    title: str
    subtitle: str
    ruling: Ruling
    headline: str
    why: tuple[str, ...]
    key: tuple[tuple[str, str, str], ...]
    """Figures that matter most: name, value, remark."""
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()


def there(parts: Iterable[Section | None]) -> tuple[Section, ...]:
    """Return those parts that have something to say."""
    return tuple(part for part in parts if part is not None)


def rendered(made: Page) -> str:
    """Return a page as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("memtune.report.html"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    specs = {section.id: section.chart for section in made.sections if section.chart}
    scripts = (asset("vega.js"), asset("page.js")) if specs else ()
    return environment.get_template("page.html.j2").render(
        page=made,
        version=__version__,
        style=asset("page.css"),
        scripts=scripts,
        hashes=[_hash(script) for script in scripts],
        specs=json.dumps(specs, separators=(",", ":")).replace("<", "\\u003c"),
    )


@cache
def asset(name: str) -> str:
    """Return a file of this room."""
    return (files(PREFIX) / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """As a content security policy names a script: what was not written here is not executed."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
