"""Made-up results of the gate that the report tests render, friendly and hostile ones."""

from dataclasses import replace

from memtune.errors import Place
from memtune.model import (
    Arm,
    Budget,
    Cause,
    Environment,
    Estimate,
    Finding,
    Gated,
    GateResult,
    Growth,
    How,
    Ruling,
    Settings,
    SiteGrowth,
)
from memtune.units import MIB

ENVIRONMENT = Environment("6.1.0", "v2", "x86_64", 2, "docker", "host", (("docker", "27.0"),))
SETTINGS = Settings((("chunk_lines", 1000),))
BASE = tuple(round(MIB * (36 + tenth / 10)) for tenth in (0, 1, 2, 1, 0))
GROWN = tuple(round(MIB * (41 + tenth / 10)) for tenth in (2, 0, 1))


def passed(name: str = "words") -> Gated:
    return Gated(
        scenario=name,
        ruling=Ruling.PASS,
        warned=False,
        budget=Budget(60 * MIB, Growth()),
        place=Place("memtune.yaml", 7, f"scenarios.{name}.max"),
        findings=(
            Finding("ceiling", Ruling.PASS, "a need of 36.2 MiB", "at most 60 MiB"),
            Finding("growth", Ruling.PASS, "+0.1 %", "below +11.1 %"),
        ),
        how=How.STORED,
        cap_bytes=128 * MIB,
        settings=SETTINGS,
        environment=ENVIRONMENT,
        base=Arm("baseline, 20a5a51b2c", BASE * 4),
        head=Arm("working tree", BASE[:2]),
        estimate=Estimate(0.001, -0.004, 0.006, 0.3, 0.0001, 0.021),
    )


def failed(name: str = "thumbnails") -> Gated:
    return replace(
        passed(name),
        ruling=Ruling.FAIL,
        place=Place("memtune.yaml", 14, f"scenarios.{name}.growth"),
        findings=(
            Finding("ceiling", Ruling.PASS, "a need of 41.2 MiB", "at most 60 MiB"),
            Finding(
                "growth",
                Ruling.FAIL,
                "+14.1 % (95 % interval +13.2 % to +15.0 %)",
                "below +11.1 %",
                Cause.MEMORY,
            ),
        ),
        how=How.AB,
        base=Arm("commit 20a5a51b2c", BASE[:3]),
        head=Arm("working tree", GROWN),
        estimate=Estimate(0.141, 0.132, 0.15, 0.0001, 0.99, 0.02),
        sites=(
            SiteGrowth("read_chunks", "batch/words.py", 41, 12 * MIB, 17 * MIB),
            SiteGrowth("decode", "/venv/lib/python3.11/site-packages/PIL/Image.py", 3512, 0, MIB),
            SiteGrowth("shrunk", "batch/words.py", 9, 2 * MIB, MIB),
        ),
        notes=("its baseline was taken elsewhere (kernel 6.1.0, not 5.15.0), so both commits are "
               "executed here",),
        reproduce=f"memtune check {name} --against 20a5a51b2c7c1c2f3d4e5f60718293a4b5c6d7e8f "
        "--executor docker --page-cache warm",
        accept=f'memtune baseline accept {name} --reason "..."',
    )  # fmt: skip


def inconclusive() -> Gated:
    return replace(
        passed("upload"),
        ruling=Ruling.INCONCLUSIVE,
        budget=Budget(None, Growth()),
        findings=(
            Finding(
                "growth",
                Ruling.INCONCLUSIVE,
                "+4.0 % (95 % interval -2.1 % to +10.5 %)",
                "below +11.1 %",
                Cause.MEMORY,
                "+17.0 % could have been told",
            ),
        ),
        estimate=Estimate(0.04, -0.021, 0.105, 0.04, 0.03, 0.17),
        reproduce="memtune check upload",
    )


def warned() -> Gated:
    growth = Finding("growth", Ruling.PASS, "+4.1 %", "below +11.1 %")
    return replace(
        passed("index"),
        warned=True,
        findings=(growth,),
        estimate=Estimate(0.041, 0.03, 0.052, 0.001, 0.0001, 0.02),
        reproduce="memtune check index",
        accept='memtune baseline accept index --reason "..."',
    )


def ceiling_alone() -> Gated:
    """Killed at the cap in its first run, before anything could be measured."""
    return replace(
        passed("convert"),
        ruling=Ruling.FAIL,
        budget=Budget(60 * MIB, None),
        findings=(
            Finding("outcome", Ruling.FAIL, "oom_main (killed by the kernel for memory)",
                    "completed", Cause.MEMORY),
        ),
        how=How.CEILING,
        base=None,
        head=Arm("working tree", ()),
        estimate=None,
        sites=(SiteGrowth("load", "convert.py", 3, None, 50 * MIB),),
        reproduce="memtune check convert",
    )  # fmt: skip


def result(*scenarios: Gated, commit: str = "8c1d2e3f4a+") -> GateResult:
    chosen = scenarios or (passed(), failed(), inconclusive(), warned(), ceiling_alone())
    rulings = [one.ruling for one in chosen]
    worst = next(
        (ruling for ruling in (Ruling.FAIL, Ruling.INCONCLUSIVE) if ruling in rulings), Ruling.PASS
    )
    return GateResult("memtune.yaml", commit, worst, chosen)


HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07\u202egnp.exe\u2066",
    "::error file=a.py,line=1::owned",
    "x\n::stop-commands::token\r\n::add-mask::a",
    "a ##[error]owned ##vso[task.setvariable variable=x]y",
    "</system-out><script>alert(1)</script>]]>&amp;<img src=x onerror=alert(1)>",
    "| cell | `code` ``more`` ![image](http://evil/x.png) [link](javascript:alert(1)) @everyone",
    "http://evil.example/ www.evil.example <http://evil.example> #1 !2 ~label $`x`$ \\",
    "=HYPERLINK(\"http://evil\")",
    "+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "\uff1d1+1",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    'a"} 1\nmemtune_owned{x="',
    "\x00\x01\x0b\x7f\x85\u2028\ufffe\uffff\ud800\ufeff",
    "%0A::error::owned,a:b",
    "```\n# owned\n```",
    "/close\n/merge",
    "ok",
    "",
)  # fmt: skip
"""What a function, a file, a label, a reason may be called by somebody who wants to be read."""


def hostile(text: str) -> GateResult:
    """A failure in which every text of foreign origin is this one."""
    finding = Finding(text, Ruling.FAIL, text, text, Cause.MEMORY, text)
    one = replace(
        failed(text),
        place=Place(text or "memtune.yaml", 14, text),
        findings=(finding,),
        settings=Settings(((text, text),)),
        environment=replace(ENVIRONMENT, kernel=text, tools=((text, text),)),
        base=Arm(text, BASE),
        head=Arm(text, GROWN),
        sites=(SiteGrowth(text, text, 1, MIB, 2 * MIB),),
        notes=(text,),
        reproduce=text,
        accept=text,
    )
    return GateResult(text, text, Ruling.FAIL, (one,))
