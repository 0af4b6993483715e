"""Command lines as people would call them."""

from pathlib import PurePosixPath

SHIM = "memtune's own shim"
COMMAND = 120
"""Letters of a command line that are told."""
_SHIM_WORD = "memtune-shim"
_HELPERS = {
    "from multiprocessing.resource_tracker": "multiprocessing tracker",
    "from multiprocessing.forkserver": "multiprocessing fork server",
    "from multiprocessing.spawn": "multiprocessing, spawned",
}


def label(command: str) -> str:
    """Return the name of what a command line started; it can be stored, whatever its bytes were."""
    command = command.encode("utf-8", "replace").decode()
    if _SHIM_WORD in command:
        return SHIM
    for word, name in _HELPERS.items():
        if word in command:
            return name
    program, _, arguments = command[:COMMAND].partition(" ")
    return " ".join(filter(None, (PurePosixPath(program).name, arguments)))
