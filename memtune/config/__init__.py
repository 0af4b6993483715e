"""YAML files -> validated workloads and profiles; executes nothing."""
