"""CSV for spreadsheets and data frames: a row per run."""

import csv
import io

from memtune.model import GateResult
from memtune.report import gated as words
from memtune.report.neutral import cell

COLUMNS = ("scenario", "ruling", "warned", "arm", "label", "run", "need_bytes")


def render(result: GateResult) -> str:
    """Return the need of every run of both arms, base and head."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in result.scenarios:
        for arm in words.arms(one):
            name = "head" if arm is one.head else "base"
            writer.writerows(
                (cell(one.scenario), one.ruling, str(one.warned).lower(),
                 name, cell(arm.label), run, need)
                for run, need in enumerate(arm.need_bytes, 1)
            )  # fmt: skip
    return output.getvalue()
