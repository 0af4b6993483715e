"""A screen as one self-contained HTML page, recorded from the terminal's own rendering."""

import io
from collections.abc import Callable

from rich.console import Console

WIDTH = 120
_FORMAT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width">
<title>memtune report</title>
<style>
{stylesheet}
body {{ color: {foreground}; background-color: {background}; margin: 2em; }}
pre {{ font-family: ui-monospace, Menlo, Consolas, monospace; line-height: 1.35; }}
</style>
</head>
<body>
<pre><code style="font-family:inherit">{code}</code></pre>
</body>
</html>
"""


def as_html(render: Callable[[Console], None]) -> str:
    """Return what ``render`` prints as an HTML document that loads nothing else."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, highlight=False)
    render(console)
    return console.export_html(code_format=_FORMAT)
