"""Python source -> facts, from its syntax tree; never executed."""

import ast
import operator
import re
from collections.abc import Callable, Iterator

from memtune.errors import Place
from memtune.lint.facts import Fact, Facts, Kind, Setting, SourceFile
from memtune.lint.sizes import binary_size
from memtune.lint.thresholds import (
    READS_MEMORY,
    interval_seconds,
    is_interval,
    threshold_bytes,
    words,
)

_WORTH_READING = re.compile(
    r"psutil|virtual_memory|lru_cache|functools|Flask\(|MAX_CONTENT_LENGTH|cpu_count|Executor|"
    r"[Mm]emory|MEM|rss|RSS|bind|workers|threads"
)
"""Files without any of these words are not parsed."""
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Mult: operator.mul,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
}
_WORKER_KEYWORDS = frozenset({"max_workers", "workers", "processes", "num_workers", "n_jobs"})
_POOLS = frozenset({"ThreadPoolExecutor", "ProcessPoolExecutor", "Pool", "ThreadPool"})
_GUNICORN = frozenset({"workers", "threads", "worker_class", "preload_app", "bind"})
_CONFIG_NAME = re.compile(r"(?i).*gunicorn.*\.py")
_OWN_CGROUP = re.compile(r"/sys/fs/cgroup|memory\.max|limit_in_bytes|memtune\.guard")


class Unreadable(Exception):  # noqa: N818 - a reason, not a bug
    """The file is no Python that this Python can parse."""


def read_python(source: SourceFile) -> Facts:
    """Return the facts of a file; none where it has no interesting word.

    Raises Unreadable for what cannot be parsed.
    """
    if not _WORTH_READING.search(source.text):
        return Facts(languages=frozenset({"python"}))
    try:
        return _facts(ast.parse(source.text), source)
    except SyntaxError as error:
        raise Unreadable(f"no Python: {error.msg} (line {error.lineno})") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable("Python that is nested too deep, or no Python") from error


def _facts(tree: ast.Module, source: SourceFile) -> Facts:
    reader = _Reader(source)
    return Facts(
        facts=tuple(reader.facts(tree)),
        gunicorn=tuple(_gunicorn(tree, source.path)) if _CONFIG_NAME.fullmatch(source.name) else (),
        languages=frozenset({"python"}),
    )


def constant(node: ast.expr | None, depth: int = 0) -> float | None:
    """The number that an expression of constants is, such as ``500 * 1024 * 1024``.

    What the environment may set, ``int(os.environ.get("X", 500))``, is its default.
    """
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return float(value) if abs(value) < 2**63 else None
        case ast.Constant(value=str() as text):
            size = binary_size(text)
            return None if size is None else float(size)
        case ast.BinOp(left=left, op=op, right=right) if depth < 20:
            apply = _OPERATORS.get(type(op))
            first, second = constant(left, depth + 1), constant(right, depth + 1)
            if apply is None or first is None or second is None:
                return None
            return apply(first, second)
        case ast.Call(func=ast.Name(id="int" | "float"), args=[inner]) if depth < 20:
            return constant(inner, depth + 1)
        case ast.Call(func=ast.Attribute(attr="get" | "getenv") | ast.Name(id="getenv"),
                      args=[_, default]):  # fmt: skip
            return constant(default, depth + 1)
    return None


def _written(node: ast.expr) -> str:
    text = ast.unparse(node) if not isinstance(node, ast.Constant) else repr(node.value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _name(node: ast.expr) -> str:
    """The last name of ``a.b.c``; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _calls(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Call) and _name(n.func) == name for n in ast.walk(node))


def from_cpus(node: ast.expr) -> bool:
    """Whether the expression grows with the number of CPUs without an upper bound."""
    return _calls(node, "cpu_count") and not _calls(node, "min")


class _Reader:
    def __init__(self, source: SourceFile) -> None:
        self._file = source.path
        self._reads_memory = bool(READS_MEMORY.search(source.text))
        self._knows_its_cap = bool(_OWN_CGROUP.search(source.text))

    def facts(self, tree: ast.Module) -> Iterator[Fact]:
        for node in ast.walk(tree):
            for name, value in _named_values(node):
                yield from self._number(name, value)
            if isinstance(node, ast.Call):
                yield from self._call(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from self._function(node)
            elif isinstance(node, ast.Name | ast.Attribute | ast.Constant):
                yield from self._body_limit_name(node)

    def _at(self, node: ast.expr | ast.stmt) -> Place:
        return Place(self._file, node.lineno)

    def _number(self, name: str, value: ast.expr) -> Iterator[Fact]:
        number = constant(value)
        if number is None:
            return
        shown = f"{name} = {_written(value)}"
        if name == "MAX_CONTENT_LENGTH":
            yield Fact(Kind.BODY_LIMIT, self._at(value), shown, number)
        is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
        size = number if is_text and number >= 1024 else None
        size = threshold_bytes(name, number, self._reads_memory) if size is None else (
            size if threshold_bytes(name, 1, self._reads_memory) is not None else None
        )  # fmt: skip
        if size is not None:
            yield Fact(Kind.THRESHOLD, self._at(value), shown, size)
        elif self._reads_memory and is_interval(name):
            seconds = interval_seconds(name, number, 1.0)
            yield Fact(Kind.INTERVAL, self._at(value), shown, seconds)

    def _call(self, node: ast.Call) -> Iterator[Fact]:
        name = _name(node.func)
        at = self._at(node)
        if name == "virtual_memory" and not self._knows_its_cap:
            yield Fact(Kind.HOST_MEMORY, at, "psutil.virtual_memory()")
        elif name == "Flask":
            yield Fact(Kind.ANSWERS, at, "Flask")
            yield Fact(Kind.BODY_UNLIMITED, at, "a Flask application without MAX_CONTENT_LENGTH")
        elif name in ("FastAPI", "Starlette", "Sanic", "Quart"):
            yield Fact(Kind.ANSWERS, at, name)
        sized = [k.value for k in node.keywords if k.arg in _WORKER_KEYWORDS]
        sized += node.args[:1] if name in _POOLS else []
        if name in ("ThreadPoolExecutor", "ThreadPool") and [*map(constant, sized)] != [1]:
            yield Fact(Kind.THREADS, at, name)
        yield from (Fact(Kind.CPU_COUNT, at, _written(v)) for v in sized if from_cpus(v))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Fact]:
        arguments = node.args
        takes = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if takes or arguments.vararg or arguments.kwarg:  # without, one value is kept
            for decorator in node.decorator_list:
                if _is_unbounded(decorator):
                    what = f"@{_written(decorator)} on {node.name}()"
                    yield Fact(Kind.UNBOUNDED_CACHE, self._at(decorator), what)
        if self._reads_memory and _reads(node):
            yield from self._sleeps(node)

    def _sleeps(self, node: ast.AST) -> Iterator[Fact]:
        """``time.sleep(30)`` in a function that looks at memory."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and _name(inner.func) == "sleep" and inner.args:
                seconds = constant(inner.args[0])
                if seconds is not None:
                    shown = f"sleep({_written(inner.args[0])}) around a look at memory"
                    yield Fact(Kind.INTERVAL, self._at(inner), shown, seconds)

    def _body_limit_name(self, node: ast.Name | ast.Attribute | ast.Constant) -> Iterator[Fact]:
        """Any mention of MAX_CONTENT_LENGTH: the limit may be computed, or come from elsewhere."""
        name = node.value if isinstance(node, ast.Constant) else _name(node)
        if name == "MAX_CONTENT_LENGTH":
            yield Fact(Kind.BODY_LIMIT, self._at(node), "MAX_CONTENT_LENGTH")


def _reads(node: ast.AST) -> bool:
    readers = {"memory_info", "memory_full_info", "memory_percent", "virtual_memory", "getrusage"}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            name = _name(inner.func)
            if name in readers or (set(words(name)) & {"memory", "rss", "mem"}):
                return True
    return False


def _is_unbounded(decorator: ast.expr) -> bool:
    """``@cache`` of functools, ``@lru_cache(None)``, ``@lru_cache(maxsize=None)``."""
    match decorator:
        case ast.Attribute(value=ast.Name(id="functools"), attr="cache"):
            return True
        case ast.Call(func=func, args=[ast.Constant(value=None), *_]):
            return _name(func) == "lru_cache"
        case ast.Call(func=func, keywords=keywords):
            return _name(func) == "lru_cache" and any(
                k.arg == "maxsize" and isinstance(k.value, ast.Constant) and k.value.value is None
                for k in keywords
            )
    return False


def _named_values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of assignments, keyword arguments, defaults, and entries of a dict."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield _target(target), value
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield _target(target), value
        case ast.Call(keywords=keywords):
            for keyword in keywords:
                yield keyword.arg or "", keyword.value
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.arguments():
            named = [*node.posonlyargs, *node.args]
            for argument, default in zip(reversed(named), reversed(node.defaults), strict=False):
                yield argument.arg, default
            for argument, given in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                if given is not None:
                    yield argument.arg, given


def _target(node: ast.expr) -> str:
    """``x``, ``self.x``, ``config["x"]`` -> x."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return key
    return _name(node)


def _gunicorn(tree: ast.Module, file: str) -> Iterator[Setting]:
    """The settings of a gunicorn configuration file, as far as they can be read."""
    for node in tree.body:
        for name, value in _named_values(node):
            if name not in _GUNICORN:
                continue
            at = Place(file, node.lineno)
            if from_cpus(value):
                yield Setting(name, "cpus", at)
            elif isinstance(value, ast.Constant):
                yield Setting(name, str(value.value), at)
            elif (number := constant(value)) is not None:
                yield Setting(name, f"{number:g}", at)
