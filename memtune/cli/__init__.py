"""The command line: one file per command; parse, one use case, render, exit code."""
