"""What stands below a field or a member in the code, which Python itself forgets."""

import ast
import inspect
import textwrap
from functools import cache


@cache
def attributes(kind: type) -> dict[str, str]:
    """Return the docstring of each attribute of a class, those of its bases included."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("memtune"):
            found |= _own(base)
    return found


def _own(kind: type) -> dict[str, str]:
    [tree] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for statement, below in zip(tree.body, tree.body[1:], strict=False):
        name = _name(statement)
        if name and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[name] = str(below.value.value)
    return found


def _name(statement: ast.stmt) -> str:
    target: ast.expr | None = None
    if isinstance(statement, ast.AnnAssign):
        target = statement.target
    elif isinstance(statement, ast.Assign):
        target = statement.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def first_line(kind: type) -> str:
    """Return what a class is, without its details."""
    words = inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0]
    return " ".join(words.split())
