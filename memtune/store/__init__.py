"""Studies, runs and captures on disk: SQLite under ``.memtune/``, every run committed
before the next one starts; the only room that knows the format."""

from typing import TYPE_CHECKING, Any

from memtune.store.tables import DIRECTORY, FORMAT

if TYPE_CHECKING:
    from memtune.store.store import Store, study_key

__all__ = ["DIRECTORY", "FORMAT", "Store", "study_key"]


def __getattr__(name: str) -> Any:
    """Load the store when it is asked for: a shell that waits for ids looks at ``glance`` alone,
    without the model and pydantic, which cost 120 ms."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from memtune.store import store

    return getattr(store, name)
