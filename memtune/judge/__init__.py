"""What follows from figures: verdicts of runs, slow runs, the list before a deployment; pure."""

from memtune.judge.deployment import listed
from memtune.judge.runs import allowed_bytes, combined, judge, judge_all, timed
from memtune.judge.slow import is_slow

__all__ = ["allowed_bytes", "combined", "is_slow", "judge", "judge_all", "listed", "timed"]
