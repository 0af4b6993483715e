"""Markdown for a pull request's comment or a step summary: a table, then whatever did not pass."""

from memtune.model import Gated, GateResult
from memtune.report import gated as words
from memtune.report.neutral import markdown_block, markdown_code

LIMIT = 60_000
"""Characters; GitHub takes 65,536 in a comment and 1 MiB in a step summary, and what is longer it
drops as a whole."""
_HEADINGS = ("scenario", "base", "now", "growth (95 %)", "ceiling", "runs", "ruling")
_LEFT_OUT = "\nMore did not fit here: the step's log has everything.\n"


def render(result: GateResult) -> str:
    """Return the table of all scenarios, and of each that did not pass why."""
    text = "\n".join([f"### memtune: {result.ruling.upper()}", "", *_table(result), ""])
    sections = ["\n".join(["", *_section(one), ""]) for one in words.telling(result)]
    sections += [
        f"\nNote on {markdown_code(name)}: {markdown_code(note)}\n"
        for name, note in words.asides(result)
    ]
    for section in sections:
        if len(text) + len(section) > LIMIT:
            return text + _LEFT_OUT
        text += section
    return text


def _table(result: GateResult) -> list[str]:
    lines = [_row(*_HEADINGS), _row("---", *["---:"] * 5, "---")]
    lines += [
        _row(
            markdown_code(one.scenario, in_table=True),
            words.typical(one.base),
            words.typical(one.head),
            words.growth(one),
            words.ceiling(one),
            words.runs(one),
            f"**{words.word(one)}**",
        )
        for one in result.scenarios
    ]
    commit = f" at {markdown_code(words.commit(result))}" if result.commit else ""
    return [*lines, "", f"{words.counts(result)}; budgets in {markdown_code(result.file)}{commit}."]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _section(one: Gated) -> list[str]:
    lines = [f"#### {words.word(one)}: {markdown_code(one.scenario)}", ""]
    lines += [f"- {name}: {markdown_code(text)}" for name, text in words.facts(one)]
    if words.grown(one):
        lines += ["", *_sites(one)]
    for name, command in words.commands(one):
        lines += ["", f"To {name}:", "", markdown_block(command)]
    return lines


def _sites(one: Gated) -> list[str]:
    headings, rows = words.sites_table(one)
    return [
        f"{words.sites_heading(one).capitalize()}:",
        "",
        _row(*headings),
        _row(*["---:"] * (len(headings) - 1), "---"),
        *(_row(*row[:-1], markdown_code(row[-1], in_table=True)) for row in rows),
    ]
