"""A project's files -> memtune's own files for it: what is executed, its budget, a CI workflow.

Reads with ``lint``'s parsers and guesses nothing in silence: whatever was found says where, and
whatever was assumed says so, in the files that are written.
"""
