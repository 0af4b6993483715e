"""Turns a workload and its settings into a run, in Docker or in a bare cgroup; judges nothing."""
