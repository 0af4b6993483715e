"""Writes the files that kernels show about control groups, for tests to read."""

from pathlib import Path

MIB = 1024 * 1024
UNLIMITED_V1 = 9223372036854771712
CONTAINER = "/docker/4f0c"


def v1(
    folder: Path, groups: dict[str, dict[str, str]], path: str, root: str = "/", mount: str = "cg"
) -> Path:
    """Write the memory hierarchy of cgroup v1, and return what stands for /proc."""
    cgroup = f"12:cpu:{path}\n4:memory:{path}\n0::{path}\n"
    options = "rw,memory"
    return _write(folder, groups, cgroup, f"cgroup cgroup {options}", root, mount)


def v2(
    folder: Path, groups: dict[str, dict[str, str]], path: str, root: str = "/", mount: str = "cg"
) -> Path:
    """Write the unified hierarchy, and return what stands for /proc."""
    return _write(folder, groups, f"0::{path}\n", "cgroup2 cgroup2 rw", root, mount)


def limit_v1(size: int, above: int | None = None, usage: int = 0, file: int = 0) -> dict[str, str]:
    """Return the files of one v1 group; `above` is the smallest limit of it and those above."""
    return {
        "memory.limit_in_bytes": f"{size}\n",
        "memory.usage_in_bytes": f"{usage}\n",
        "memory.stat": (
            f"cache {file}\nactive_file 0\nhierarchical_memory_limit {min(size, above or size)}\n"
            f"total_cache {file}\ntotal_inactive_file {file // 2}\n"
            f"total_active_file {file - file // 2}\ntotal_unevictable 0\n"
        ),
    }


def limit_v2(
    size: int | None, usage: int = 0, file: int = 0, slab: int | None = 0
) -> dict[str, str]:
    """Return the files of one v2 group; None is no limit, and no slab an old kernel."""
    slab_line = "" if slab is None else f"slab_reclaimable {slab}\n"
    return {
        "memory.max": "max\n" if size is None else f"{size}\n",
        "memory.current": f"{usage}\n",
        "memory.stat": (
            f"anon {usage - file}\nfile {file}\ninactive_file {file // 2}\n"
            f"active_file {file - file // 2}\n{slab_line}"
        ),
    }


def _write(
    folder: Path,
    groups: dict[str, dict[str, str]],
    cgroup: str,
    kind: str,
    root: str,
    mount: str,
) -> Path:
    top = folder / mount
    for name, files in groups.items():
        group = top / name.strip("/")
        group.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (group / file).write_text(content)
    own = folder / "proc/self"
    own.mkdir(parents=True)
    (own / "cgroup").write_text(cgroup)
    shown = str(top).replace(" ", r"\040")
    (own / "mountinfo").write_text(
        "22 1 0:21 / /proc rw - proc proc rw\n"
        f"30 23 0:33 /other /cpu rw - cgroup cgroup rw,cpu\n35 23 0:32 {root} {shown} ro - {kind}\n"
    )
    return folder / "proc"
