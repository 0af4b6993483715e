"""Rules on how a Python service is started."""

from collections.abc import Iterator

from memtune.lint.facts import Kind, Setting
from memtune.lint.rule import Hit
from memtune.lint.services import Service

THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS",
)  # fmt: skip
_NUMERIC_WORDS = """
    numpy scipy pandas scikit-learn scikit-image dlib dlib-bin face-recognition torch tensorflow
    opencv-python opencv-python-headless numexpr xgboost lightgbm faiss-cpu onnxruntime
    sentence-transformers insightface deepface mediapipe
"""
NUMERIC = frozenset(_NUMERIC_WORDS.split())
"""Packages with threads of their own (OpenMP, OpenBLAS, MKL)."""


def thread_variables_unset(service: Service) -> Iterator[Hit]:
    """numpy, dlib and the like without OMP_NUM_THREADS and its kin."""
    if not service.answers or any(service.setting(name) for name in THREAD_VARIABLES):
        return
    for package in service.facts.packages:
        if package.name in NUMERIC:
            yield Hit(package.at, f"{package.name} is required, and no thread variable is set")
            return


def _threaded(service: Service) -> Setting | None:
    """Where it is seen that requests are answered by several threads."""
    threads = service.gunicorn("threads")
    if threads is not None and threads.value not in ("1", ""):
        return threads
    worker = service.gunicorn("worker_class")
    if worker is not None and "gthread" in worker.value:
        return worker
    for fact in service.facts.of(Kind.THREADS):
        return Setting(fact.what, "", fact.at)
    return next((one for one in service.facts.packages if one.name == "waitress"), None)


def malloc_arenas_unset(service: Service) -> Iterator[Hit]:
    """A threaded Python service on glibc without MALLOC_ARENA_MAX."""
    if "python" not in service.facts.languages or not service.answers:
        return
    if service.setting("MALLOC_ARENA_MAX") or service.facts.has(Kind.MUSL, Kind.ALLOCATOR):
        return
    threaded = _threaded(service)
    if threaded is not None:
        shown = " ".join(part for part in (threaded.name, threaded.value) if part)
        yield Hit(threaded.at, f"threads ({shown}), and MALLOC_ARENA_MAX is not set")


def workers_without_preload(service: Service) -> Iterator[Hit]:
    """Several gunicorn workers, each of which loads the application by itself."""
    workers, preload = service.gunicorn("workers"), service.gunicorn("preload_app")
    if workers is None or (preload is not None and preload.value == "True"):
        return
    if workers.value == "cpus" or (workers.value.isdigit() and int(workers.value[:9]) > 1):
        shown = "one worker per CPU" if workers.value == "cpus" else f"{workers.value} workers"
        yield Hit(workers.at, f"{shown} without preload_app")


def unbounded_cache(service: Service) -> Iterator[Hit]:
    """``@lru_cache(maxsize=None)`` on a function with arguments, in a service."""
    if service.answers:
        for fact in service.facts.of(Kind.UNBOUNDED_CACHE):
            yield Hit(fact.at, f"{fact.what} keeps every result for ever")
