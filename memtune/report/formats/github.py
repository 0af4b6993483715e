"""GitHub Actions: annotations at the budget's line, and a step summary.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from memtune.model import Gated, GateResult, Ruling
from memtune.report import gated as words
from memtune.report.formats import markdown
from memtune.report.neutral import github_data, github_property

_SITES = 3


def render(result: GateResult) -> str:
    """Return the step summary, to be appended to the file that ``$GITHUB_STEP_SUMMARY`` names."""
    return markdown.render(result)


def annotations(result: GateResult) -> str:
    """Return a workflow command per scenario that failed, is inconclusive or warned; GitHub shows
    the first ten errors and the first ten warnings of a step."""
    return "".join(f"{_annotation(one)}\n" for one in words.telling(result))


def _annotation(one: Gated) -> str:
    command = "error" if one.ruling is Ruling.FAIL else "warning"
    title = f"memtune: {one.scenario} {words.word(one)}"
    lines = [words.headline(one)]
    lines += [words.site_line(site) for site in words.grown(one)[:_SITES]]
    lines += [f"{name}: {done}" for name, done in words.commands(one)]
    return (
        f"::{command} file={github_property(one.place.file)},line={one.place.line or 1},"
        f"title={github_property(title)}::{github_data(*lines)}"
    )
