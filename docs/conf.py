"""How Sphinx builds the documentation: `make docs`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))  # Sphinx executes this file from its directory

from docs.made import filled
from docs.made.parts import PARTS
from memtune import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "memtune"
release = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
exclude_patterns = ["made"]
smartquotes = False  # two hyphens begin an option, also in prose
html_theme = "furo"
html_title = "memtune"
html_copy_source = False
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["memtune.css"]


def setup(app: "Sphinx") -> None:
    """Fill the marks of each page as it is read."""
    app.connect("source-read", _fill)


def _fill(app: "Sphinx", page: str, source: list[str]) -> None:
    source[0] = filled(source[0], PARTS)
