"""Studies, runs and captures on disk: SQLite under ``.memtune/``, every run committed
before the next one starts; the only room that knows the format."""

from memtune.store.store import Store, study_key
from memtune.store.tables import DIRECTORY, FORMAT

__all__ = ["DIRECTORY", "FORMAT", "Store", "study_key"]
