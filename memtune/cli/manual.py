"""What ``memtune --help`` says beside the options: the commands by their use, and what a manual has
below them; and the examples of each command's help."""

from collections.abc import Mapping
from typing import Any

from typer.core import TyperGroup

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "Measure": ("profile", "compare", "bill", "floor", "watch"),
    "Decide": ("recommend", "preflight", "export", "platforms"),
    "Gate": ("init", "check", "baseline", "history", "validate", "schema"),
    "Look": ("doctor", "lint", "diagnose", "studies", "show", "report"),
}
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Values": {
        "SIZE": "bytes: 512MiB, 1.5GiB, 128MB (a million each); 512m is 512MiB, as for Docker",
        "TIME": "250ms, 90s, 10m or 2h",
        "SHARE": "20% or 0.2",
        "KNOB=VALUE": "a setting of the workload; its file names the knobs and their values",
    },
    "Exit codes": {
        "0": "pass",
        "1": "the workload failed its checks or budget; lint, diagnose or watch found something",
        "2": "usage or configuration",
        "3": "environment: no Docker, no rights, image missing; `memtune doctor` tells",
        "4": "inconclusive: the runs do not decide",
        "5": "nothing in the space passes",
        "70": "a bug in memtune",
        "130": "interrupted; the finished runs are kept",
    },
    "Files": {
        "memtune.yaml": "budgets of scenarios, for `memtune check`; written by hand or by `init`",
        "memtune.lock.json": "their baselines; written by `memtune baseline` alone; committed",
        ".memtune/": "studies, runs and reports of the directory where memtune is executed",
        "~/.cache/memtune/": "memray for the Pythons of images; elsewhere with XDG_CACHE_HOME",
    },
    "Environment": {
        "DOCKER_HOST": "the Docker daemon, which has to be on this machine; else its usual socket",
        "NO_COLOR": "no colours, where it is set to anything",
        "COLUMNS": "width of screens on a terminal; elsewhere they are 120 wide",
    },
}
EPILOG = "Results go to stdout, progress to stderr. `memtune COMMAND --help` has examples."


class Manual(TyperGroup):
    """The group of all commands."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each in the section of its use."""
        widest = max(map(len, self.commands))
        for title, names in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (
                            name.ljust(widest),
                            self.commands[name].get_short_help_str(formatter.width),
                        )
                        for name in names
                    ]
                )

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write what a manual has below the commands."""
        for title, rows in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(rows.items()))
        super().format_epilog(ctx, formatter)


def examples(*commands: str) -> str:
    """Return commands as the end of a command's help, where typer leaves the lines as they are."""
    title = "Example" if len(commands) == 1 else "Examples"
    return "\n".join(["\b", f"{title}:", *(f"  {command}" for command in commands)])
