"""``memtune platforms``: the plans of providers that memtune knows."""

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import JsonOption


@app.command(
    short_help="The plans of providers that memtune knows.",
    epilog=examples(
        "memtune platforms",
        "memtune platforms --json",
    ),
)
def platforms(as_json: JsonOption = False) -> None:
    """List the plans of providers: memory, CPUs, price and rules, each with its source."""
    from memtune.cli.output import present
    from memtune.config.platforms import platforms as known
    from memtune.model import Platforms
    from memtune.report.console.platforms import render

    catalogue = Platforms(known())
    present("platforms", catalogue, lambda console: render(console, catalogue), as_json=as_json)
